// Areas: boxes on the picture that are drawn, moved and named, and a card for each with what it gets.

import { answerOf, state } from "./asking.js";
import { coalesced, fail, find, make } from "./parts.js";

const stage = find("#stage");
const LEAST = 0.005; // of a side: the smallest area
const STEP = 0.01; // of a side: what an arrow key moves
const EDGES = ["Left", "Top", "Right", "Bottom"];
const boxes = new Map(); // area -> its box on the picture
const cards = new Map(); // area -> the parts of its card
const listeners = [];
let drawing = false;

/** Call back with the answer when areas have been measured. */
export const whenMeasured = (listener) => listeners.push(listener);

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export const measure = coalesced(async () => {
  const picture = state.current;
  if (!picture) return;
  const answer = await answerOf(picture);
  picture.answer = answer;
  fail(null);
  if (picture !== state.current) return;
  update(answer);
  for (const listener of listeners) listener(answer);
});

/** Show the areas of the current picture anew. */
export function showAreas() {
  boxes.forEach((box) => box.remove());
  boxes.clear();
  cards.clear();
  find("#areas").replaceChildren();
  for (const area of state.current.areas) addParts(area);
  if (state.current.answer) update(state.current.answer);
}

function update(answer) {
  const areas = state.current.areas;
  find("#no-areas").hidden = areas.length > 0;
  find("#spread").hidden = !areas.length || state.pictures.length < 2 || state.current.is_clip;
  find("#elsewhere").textContent = areas.length ? `Outside of all areas: ${answer.elsewhere_text} of the looks.` : "";
  for (const area of areas) {
    const texts = answer.texts[area.label], card = cards.get(area), box = boxes.get(area);
    if (!texts || !card) continue;
    card.share.textContent = texts.share;
    card.more.textContent = texts.more ?? `90 % interval ${texts.interval}. ${texts.lift} its surface; its place alone would get ` +
      `${texts.center_share}. Seen by ${texts.seen} of the viewers.`;
    box.firstChild.textContent = `${area.label} ${texts.share}`;
    box.setAttribute("aria-label", `Area ${area.label}, ${texts.share}. Arrow keys move it, with Shift they resize it.`);
  }
}

function addParts(area) {
  const box = make("button", { type: "button", className: "area" },
    make("span", { className: "label", textContent: area.label }), make("span", { className: "handle" }));
  box.addEventListener("keydown", (event) => onKey(event, area));
  boxes.set(area, box);
  stage.append(box);

  const name = make("input", { value: area.label, maxLength: 100, autocomplete: "off", "aria-label": "Name of the area" });
  name.addEventListener("change", () => rename(area, name));
  name.addEventListener("keydown", (event) => event.key === "Enter" && name.blur());
  const share = make("strong", { className: "share", textContent: "…" });
  const gone = make("button", { type: "button", textContent: "Remove", "aria-label": `Remove ${area.label}` });
  gone.addEventListener("click", () => removeArea(area));
  const more = make("p", { className: "soft" });
  const edges = EDGES.map((text, place) => {
    const input = make("input", { type: "number", min: 0, max: 100, step: 0.1, inputMode: "decimal" });
    input.addEventListener("change", () => setEdge(area, place, input.valueAsNumber / 100));
    return input;
  });
  const labels = edges.map((input, place) => make("label", {}, `${EDGES[place]} `, input, " %"));
  const details = make("details", {}, make("summary", { textContent: "Edges" }), make("div", { className: "edges" }, ...labels));
  const card = make("li", {}, make("div", { className: "row" }, name, share, gone), more, details);
  cards.set(area, { card, name, share, more, edges, gone });
  find("#areas").append(card);
  place(area);
}

/** Put the box of an area where it is. */
function place(area) {
  const [x0, y0, x1, y1] = area.box, style = boxes.get(area).style;
  [style.left, style.top] = [`${100 * x0}%`, `${100 * y0}%`];
  boxes.get(area).firstChild.classList.toggle("above", y0 * stage.clientHeight > 24); // where it hides nothing of the area
  [style.width, style.height] = [`${100 * (x1 - x0)}%`, `${100 * (y1 - y0)}%`];
  cards.get(area).edges.forEach((input, edge) => { input.value = (100 * area.box[edge]).toFixed(1); });
}

function change(area, box) {
  area.box = box;
  place(area);
  measure();
}

function rename(area, input) {
  const wanted = input.value.trim();
  if (!wanted || state.current.areas.some((other) => other !== area && other.label === wanted)) {
    fail(new Error(wanted ? `There is an area ${wanted} already; choose another name.` : "An area needs a name."));
    input.value = area.label;
    return;
  }
  area.label = wanted;
  cards.get(area).gone.setAttribute("aria-label", `Remove ${wanted}`);
  measure();
}

function setEdge(area, edge, value) {
  const box = [...area.box];
  if (Number.isFinite(value)) box[edge] = clamp(value, 0, 1);
  if (box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST) {
    fail(null);
    change(area, box);
  } else {
    fail(new Error("The left edge has to be left of the right one, and the top above the bottom."));
    place(area);
  }
}

function removeArea(area) {
  const areas = state.current.areas, at = areas.indexOf(area);
  areas.splice(at, 1);
  boxes.get(area).remove();
  cards.get(area).card.remove();
  boxes.delete(area);
  cards.delete(area);
  const next = areas[Math.min(at, areas.length - 1)];
  (next ? cards.get(next).gone : find("#add")).focus();
  measure();
}

export function addArea(box, focused = true) {
  const areas = state.current.areas;
  let number = areas.length + 1;
  while (areas.some((area) => area.label === `Area ${number}`)) number += 1;
  const area = { label: `Area ${number}`, box };
  areas.push(area);
  addParts(area);
  if (focused) boxes.get(area).focus();
  return area;
}

function moved(box, dx, dy) {
  dx = clamp(dx, -box[0], 1 - box[2]);
  dy = clamp(dy, -box[1], 1 - box[3]);
  return [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy];
}

const resized = (box, dx, dy) =>
  [box[0], box[1], clamp(box[2] + dx, box[0] + LEAST, 1), clamp(box[3] + dy, box[1] + LEAST, 1)];

function onKey(event, area) {
  const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  if (by) change(area, (event.shiftKey ? resized : moved)(area.box, ...by));
  else if (event.key === "Delete") removeArea(area);
  else if (event.key === "Enter") cards.get(area).name.select();
  else return;
  event.preventDefault();
}

function point(event) {
  const frame = stage.getBoundingClientRect();
  return [clamp((event.clientX - frame.left) / frame.width, 0, 1), clamp((event.clientY - frame.top) / frame.height, 0, 1)];
}

/** Whether the next touch draws; a mouse always does. Touches scroll the page otherwise. */
export function setDrawing(on) {
  drawing = on;
  stage.classList.toggle("drawing", on);
  find("#draw").setAttribute("aria-pressed", on);
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !state.current?.answer) return;
  const held = event.target.closest(".area");
  if (!held && event.pointerType === "touch" && !drawing) return;
  event.preventDefault();
  stage.setPointerCapture(event.pointerId);
  const from = point(event);
  let area = held && [...boxes].find(([, box]) => box === held)[0];
  const before = area && [...area.box], act = event.target.closest(".handle") ? resized : moved;
  held?.focus();

  const onMove = (move) => {
    const [x, y] = point(move);
    if (before) return change(area, act(before, x - from[0], y - from[1]));
    const box = [Math.min(x, from[0]), Math.min(y, from[1]), Math.max(x, from[0]), Math.max(y, from[1])];
    if (box[2] - box[0] < LEAST || box[3] - box[1] < LEAST) return undefined;
    area ??= addArea(box);
    return change(area, box);
  };
  const onEnd = () => {
    stage.removeEventListener("pointermove", onMove);
    stage.removeEventListener("pointerup", onEnd);
    stage.removeEventListener("pointercancel", onEnd);
    if (!before && area) setDrawing(false);
  };
  stage.addEventListener("pointermove", onMove);
  stage.addEventListener("pointerup", onEnd);
  stage.addEventListener("pointercancel", onEnd);
});

find("#draw").addEventListener("click", () => setDrawing(!drawing));
find("#add").addEventListener("click", () => change(addArea([0.35, 0.35, 0.65, 0.65]), [0.35, 0.35, 0.65, 0.65]));
find("#spread").addEventListener("click", () => {
  for (const picture of state.pictures) {
    if (picture !== state.current) picture.areas = structuredClone(state.current.areas);
  }
  for (const listener of listeners) listener(state.current.answer);
});
