// The page: pictures and clips come in, one of them is looked at, and files are taken along.

import { measure, setDrawing, showAreas, whenMeasured } from "./areas.js";
import { about, answerOf, ask, bring, remove, shown, start, state } from "./asking.js";
import { clipFiles, clock, forget, pause, showClip, showTimes, watch } from "./clips.js";
import { compare, compareNumbers, showPair } from "./comparing.js";
import { showCrops } from "./crops.js";
import { coalesced, fail, find, make, named, say, show, take } from "./parts.js";

const drawing = find("#drawing");
const everything = () => [...state.pictures, ...state.clips];

// ---- pictures and clips come in

async function add(pictures) {
  const wrong = [];
  for (const [place, picture] of pictures.entries()) {
    say(`Reading ${place + 1} of ${pictures.length}`);
    document.body.classList.add("busy");
    try {
      if (picture.file?.size > state.about.megabytes * 2 ** 20) {
        throw new Error(`it has more than ${state.about.megabytes} MB`);
      }
      await bring(picture);
      if (picture.is_clip) {
        if (!await watch(picture)) {
          remove(picture).catch(() => {});
          continue;
        }
        state.clips.push(picture);
      } else {
        picture.answer = await answerOf(picture);
        picture.plain = await (await ask("drawing", () => ({ picture: shown(picture), kind: "picture" }))).blob();
        state.pictures.push(picture);
      }
      if (everything().length === 2) find("#examples").open = false; // enough to compare
      listPictures();
      if (place === 0 || !state.current) look(picture);
    } catch (error) {
      if (picture.id) remove(picture).catch(() => {});
      const name = picture.name || picture.file?.name;
      wrong.push(name && !error.message.startsWith(name) ? `${name}: ${error.message}` : error.message);
    }
  }
  document.body.classList.remove("busy");
  fail(wrong.length ? new Error(wrong.join(" · ")) : null);
  if (everything().length) {
    say(`${everything().length} pictures and clips are here`);
    showPair();
  }
}

const addFiles = (files) => add([...files].map((file) => ({ file, areas: [] })));

function listPictures() {
  const items = everything().map((picture) => {
    if (!picture.is_clip) picture.thumbnail ??= URL.createObjectURL(picture.plain);
    const chosen = make("button", { type: "button", className: "picture", title: picture.name },
      make("img", { src: picture.thumbnail ?? picture.film, alt: "", className: picture.is_clip ? "film" : "" }),
      make("span", { textContent: picture.is_clip ? `▶ ${picture.name}` : picture.name }));
    chosen.setAttribute("aria-pressed", picture === state.current);
    chosen.addEventListener("click", () => look(picture));
    const gone = make("button", { type: "button", className: "gone", textContent: "×", "aria-label": `Remove ${picture.name}` });
    gone.addEventListener("click", () => drop(picture));
    return make("li", {}, chosen, gone);
  });
  find("#pictures").replaceChildren(...items);
}

function drop(picture) {
  remove(picture).catch(() => {});
  const those = picture.is_clip ? state.clips : state.pictures;
  those.splice(those.indexOf(picture), 1);
  if (picture.is_clip) forget(picture);
  else URL.revokeObjectURL(picture.thumbnail);
  if (picture === state.current) state.current = null;
  pause();
  listPictures();
  if (!everything().length) find("#work").hidden = true;
  else if (!state.current) look(everything()[0]);
  showPair();
  find("#files").focus();
}

// ---- one of them is looked at

async function look(picture) {
  pause();
  if (!picture.answer && !await watch(picture).catch(fail)) return; // another model has to watch the clip
  state.current = picture;
  find("#work").classList.toggle("clip", picture.is_clip);
  setDrawing(false);
  find("#work").hidden = false;
  find("#look-title").textContent = picture.name;
  const { width, height } = picture.answer, stage = find("#stage");
  stage.style.aspectRatio = `${width} / ${height}`;
  // A long page is as wide as there is room; other pictures fit into the window.
  const isLong = height > 2 * width;
  stage.style.maxWidth = isLong ? "" : `calc(68vh * ${width / height})`;
  find("#look").classList.toggle("long", isLong);
  listPictures();
  showAreas();
  tell(picture.answer);
  if (picture.is_clip) {
    showClip(picture);
    showTimes(picture.answer);
    return;
  }
  draw();
  showCrops();
}

const draw = coalesced(async () => {
  const picture = state.current, { view, opacity } = state;
  if (!picture || picture.is_clip) return;
  const [title, caption] = state.about.views[view];
  const response = await ask("drawing", () => ({ picture: { id: picture.id }, kind: view, opacity }));
  const blob = await response.blob();
  if (picture !== state.current) return;
  show(drawing, blob);
  drawing.alt = `${title} of ${picture.name}`;
  find("#caption").textContent = caption;
});

/** Texts and numbers of an answer, but for the areas. */
function tell(answer) {
  const lines = (items) => items.map((text) => make("li", { textContent: text }));
  find("#doubts").hidden = !answer.warnings.length;
  find("#doubts ul").replaceChildren(...lines(answer.warnings));
  find("#said").replaceChildren(...lines(answer.sentences));
  if (!answer.scores) return; // of a clip
  find("#among").textContent = `Percentile: of 100 ${answer.scores.reference}, how many have less.`;
  find("#scores tbody").replaceChildren(...answer.score_rows.map((row) => {
    const bar = make("span", { className: "bar-of", "aria-hidden": "true" }, make("span"));
    bar.firstChild.style.width = `${row.percentile}%`;
    return make("tr", {}, make("th", { scope: "row", textContent: row.name }), make("td", { textContent: row.value }),
      make("td", {}, `${row.percentile} `, bar));
  }));
}

whenMeasured((answer) => {
  tell(answer);
  if (state.current.is_clip) showTimes(answer);
  else compareNumbers();
});

// ---- model, calibration, view

function choose(name) {
  const model = state.about.models.find((one) => one.name === name);
  Object.assign(state, { model: name, calibration: model.calibration });
  find("#calibration").replaceChildren(...model.calibrations.map((text) => make("option", { value: text, textContent: text })));
  find("#calibration").value = model.calibration;
  const learned = model.pictures ? ` It has learned from ${model.pictures}.` : "";
  const terms = make("details", {}, make("summary", { textContent: "Terms" }), model.terms);
  find("#about-model").replaceChildren(model.summary + learned, ...(model.terms ? [terms] : []));
}

async function again() {
  const current = state.current;
  if (!current) return;
  document.body.classList.add("busy");
  try {
    for (const picture of state.pictures) picture.answer = await answerOf(picture);
    for (const clip of state.clips) clip.answer = null; // it is watched again when it is looked at
    fail(null);
    await look(current);
    compare();
  } catch (error) {
    fail(error);
  }
  document.body.classList.remove("busy");
}

function settings() {
  const names = state.about.models.map(({ name }) => make("option", { value: name, textContent: name }));
  find("#model").replaceChildren(...names);
  choose(state.about.models[0].name);
  find("#model").addEventListener("change", (event) => { choose(event.target.value); again(); });
  find("#calibration").addEventListener("change", (event) => { state.calibration = event.target.value; again(); });
  find("#viewport").append(...state.about.screens.map((size) => make("option", { value: size, textContent: `through ${size.replace("x", " × ")}` })));
  find("#viewport").addEventListener("change", (event) => { state.viewport = event.target.value || null; again(); });
  for (const [view, [title]] of Object.entries(state.about.views)) {
    const input = make("input", { type: "radio", name: "view", value: view, checked: view === state.view });
    input.addEventListener("change", () => { state.view = view; find("#opacity").disabled = view === "picture"; draw(); });
    find("#views").append(make("label", {}, input, make("span", { textContent: title })));
  }
  find("#opacity").addEventListener("input", (event) => {
    state.opacity = event.target.valueAsNumber / 100;
    find("#opacity-text").textContent = `${event.target.value} %`;
    draw();
  });
}

// ---- files are taken along

function saving() {
  const on = (id, path, body, name) => find(id).addEventListener("click", (event) =>
    take(event.target, async () => (await ask(path, body)).blob(), name));
  const report = (kind) => () => ({ pictures: state.pictures.map(shown), kind, compare: state.pictures.length > 1 });
  const whole = (kind) => () => ({ picture: shown(state.current), kind, opacity: state.opacity, full: true });
  const together = (ending) => () => (state.pictures.length > 1 ? `wepsam-report${ending}` : named(state.current, `_report${ending}`));
  on("#save-report", "report", report("html"), together(".html"));
  on("#save-json", "report", report("json"), together(".json"));
  on("#save-csv", "report", report("csv"), together(".csv"));
  on("#save-view", "drawing", () => whole(state.view)(), () => named(state.current, `_${state.view}.png`));
  on("#save-areas", "drawing", () => ({ ...whole("areas")(), opacity: 1 }), () => named(state.current, "_areas.png"));
}

// ---- the start

function examples() {
  const items = state.about.examples.map((title, number) => {
    const button = make("button", { type: "button" },
      make("img", { src: `api/examples/${number}`, alt: "", width: 240, height: 160 }), make("span", { textContent: title }));
    button.addEventListener("click", () => add([{ example: number, areas: [] }]));
    return make("li", {}, button);
  });
  find("#examples ul").replaceChildren(...items);
  find("#examples").hidden = !items.length;
}

function arrivals() {
  find("#files").addEventListener("change", (event) => { addFiles(event.target.files); event.target.value = ""; });
  addEventListener("paste", (event) => event.clipboardData?.files.length && addFiles(event.clipboardData.files));
  addEventListener("dragover", (event) => { event.preventDefault(); find("#drop").classList.add("over"); });
  addEventListener("dragleave", (event) => event.relatedTarget || find("#drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    find("#drop").classList.remove("over");
    if (event.dataTransfer?.files.length) addFiles(event.dataTransfer.files);
  });
}

try {
  state.about = await about();
  await start();
  find("#version").textContent = state.about.wepsam;
  find("#group").textContent = state.about.group;
  const { pictures, megabytes, clip_seconds: seconds } = state.about;
  const clips = seconds ? `; clips of up to ${clock(seconds)}: MP4, MOV, MKV, WebM, AVI` : "";
  find("#limits").textContent = `up to ${pictures} files of ${megabytes} MB: JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP${clips}`;
  settings();
  clipFiles();
  saving();
  examples();
  arrivals();
  document.body.classList.add("ready");
} catch (error) {
  fail(error);
}
