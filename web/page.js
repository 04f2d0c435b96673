// The page: asks the worker about a picture, shows its answer, and draws areas.

import { centerAlone, hotSpots, shareOf } from "./answers.js";
import * as drawing from "./drawing.js";
import { calibrate, enlarge, mean, saliencyMap } from "./wepsam.js";

const SCREEN = 1_500_000; // pixels of the picture that is drawn on the page
const SAVED = 16_000_000; // of a picture that is saved; phones hold no more
const STEP = 0.01; // of the sides, by which a key moves an area
const LEAST = 0.01; // of the sides, of an area that is drawn; less is a click
const LEGENDS = {
  heat: "Colors are where people look. Without color: the lowest part of the map.",
  map: "White is where people look most, black where they look least.",
  picture: "The picture alone.",
};

const $ = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

const settings = await fetch("settings.json").then((answer) => answer.json()).catch(() => {
  say("settings.json cannot be loaded from the server of this page; reload it, or ask its owner.", true);
  throw new Error("no settings");
});
const worker = new Worker(`worker.js${location.search}`, { type: "module" });
const waiting = new Map(); // id -> what to do with the answer
let asked = 0; // the last question
let current = null; // {file, name, quality, shape, bitmap, densities}
let density = null; // of the current picture, calibrated
let pixels = null; // of the current picture, at its size on the screen
let drawn = 0; // the frame that is going to be drawn
const areas = []; // {label, box}
let added = 0; // areas so far, for their names

// ---- the worker ----

worker.onmessage = ({ data }) => {
  if (data.id) waiting.get(data.id)?.(data);
  else if (data.error) say(data.error, true);
  else if (!current && !waiting.size) say("Ready.");
  $("first").hidden = true;
  waiting.delete(data.id);
};
worker.onerror = () => say("This browser cannot run the page; use a recent Chrome, Edge, Firefox or Safari.", true);

function ask(file, quality) {
  const id = ++asked;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, file, quality });
  }).then((answer) => (id === asked ? answer : null)); // a later question makes an answer void
}

async function show(file, name = file.name || "picture") {
  say(`Predicting for ${name} …`);
  const quality = $("quality").value;
  const begun = performance.now();
  const answer = await ask(file, quality);
  if (!answer) return;
  if (answer.error) return say(answer.error, true);
  const isNew = file !== current?.file;
  current?.bitmap.close();
  current = { file, name, quality, ...answer };
  if (isNew) areas.length = added = 0;
  pixels = pixelsAt(SCREEN);
  calibrated();
  $("stage").hidden = $("controls").hidden = false;
  $("drop").classList.add("small");
  const [height, width] = answer.shape;
  say(`${name}, ${width} × ${height} pixels, in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
}

function say(text, isError = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", isError);
}

// ---- what is drawn ----

function calibrated() {
  const numbers = settings.calibrations[$("calibration").value];
  density = calibrate(mean(current.densities, numbers.scale_weights), numbers);
  $("spots").tBodies[0].replaceChildren(
    ...spots().map(({ share, surface }, n) => row([`${n + 1}`, percent(share), percent(surface)])),
  );
  listAreas();
  redraw();
}

const spots = () => hotSpots(density, settings.hot_spots);
const view = () => document.querySelector("input[name=view]:checked").value;

/** The current picture over white, at its own size or as many pixels as allowed. */
function pixelsAt(most) {
  const [height, width] = current.shape;
  const scale = Math.min(1, Math.sqrt(most / (height * width)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(current.bitmap, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function picture(of) {
  const [shape, opacity] = [[of.height, of.width], $("opacity").value / 100];
  if (view() === "picture") return of;
  if (view() === "fog") return drawing.fog(of, enlarge(density, shape), density, opacity, settings);
  const levels = drawing.levels(saliencyMap(density, shape));
  return view() === "map" ? drawing.gray(of, levels) : drawing.heat(of, levels, opacity, settings);
}

function redraw() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(() => {
    if (!pixels) return;
    paint($("canvas"), picture(pixels));
    $("stage").style.setProperty("--aspect", pixels.width / pixels.height);
    $("canvas").setAttribute("aria-label", `${current.name}, ${view()}`);
    $("opacityField").hidden = !["heat", "fog"].includes(view());
    $("legend").textContent = LEGENDS[view()] ?? settings.fog.FOG;
    mark();
  });
}

function paint(canvas, image) {
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function download() {
  const canvas = document.createElement("canvas");
  paint(canvas, picture(pixelsAt(SAVED)));
  canvas.toBlob((blob) => {
    if (!blob) return say("This browser cannot save a picture of this size; try a smaller one.", true);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${current.name.replace(/\.[^.]*$/, "")}-${view()}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}

// ---- marks on the picture: hot spots and areas ----

function place(element, [x0, y0, x1, y1]) {
  const sides = { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
  for (const [side, share] of Object.entries(sides)) element.style[side] = `${100 * share}%`;
}

function mark() {
  const focused = areas.findIndex((area) => area.element === document.activeElement);
  const shown = $("numbered").checked ? spots() : [];
  $("marks").replaceChildren(
    ...areas.map((area) => area.element),
    ...shown.map(({ x, y }, n) => {
      const spot = Object.assign(document.createElement("div"), { className: "spot", textContent: `${n + 1}` });
      [spot.style.left, spot.style.top] = [`${100 * x}%`, `${100 * y}%`];
      return spot;
    }),
  );
  if (focused >= 0) areas[focused].element.focus();
}

function row(texts, button = null) {
  const line = document.createElement("tr");
  for (const text of texts) line.insertCell().textContent = text;
  if (button) line.insertCell().append(button);
  return line;
}

function listAreas() {
  const { height, width } = density;
  const alone = calibrate(centerAlone(height, width, settings.center), settings.calibrations[$("calibration").value]);
  $("areas").hidden = $("meaning").hidden = !areas.length;
  $("areas").tBodies[0].replaceChildren(...areas.map((area) => {
    const [x0, y0, x1, y1] = area.box;
    const share = shareOf(density, area.box);
    const lift = share / ((x1 - x0) * (y1 - y0));
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `Remove ${area.label}`);
    remove.onclick = () => removeArea(area);
    area.element.firstChild.textContent = `${area.label} ${percent(share)}`;
    area.element.setAttribute("aria-label", `${area.label}: share ${percent(share)}, lift ${lift.toFixed(2)}`);
    place(area.element, area.box);
    area.element.classList.toggle("high", y0 < 0.1); // no room above it for its label
    const forPlace = share / Math.max(shareOf(alone, area.box), 1e-12);
    return row([area.label, percent(share), lift.toFixed(2), forPlace.toFixed(2)], remove);
  }));
}

function addArea(box) {
  const element = Object.assign(document.createElement("div"), { className: "area", tabIndex: 0 });
  element.setAttribute("role", "group");
  element.append(document.createElement("span"));
  const area = { label: `Area ${++added}`, box, element };
  element.onkeydown = (event) => areaKey(event, area);
  areas.push(area);
  listAreas();
  mark();
  return area;
}

function removeArea(area) {
  areas.splice(areas.indexOf(area), 1);
  listAreas();
  mark();
  $("add").focus();
}

function areaKey(event, area) {
  const steps = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  if (event.key === "Delete" || event.key === "Backspace") removeArea(area);
  else if (!(event.key in steps)) return;
  else change(area, steps[event.key], event.shiftKey);
  event.preventDefault();
}

/** Moves an area, or only its right lower corner, within the picture. */
function change(area, [across, down], isSize) {
  const [x0, y0, x1, y1] = area.box;
  if (isSize) area.box = [x0, y0, clamp(x1 + across, x0 + LEAST, 1), clamp(y1 + down, y0 + LEAST, 1)];
  else {
    const [left, top] = [clamp(x0 + across, 0, 1 - (x1 - x0)), clamp(y0 + down, 0, 1 - (y1 - y0))];
    area.box = [left, top, left + x1 - x0, top + y1 - y0];
  }
  listAreas();
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function point(event) {
  const { left, top, width, height } = $("canvas").getBoundingClientRect();
  return [clamp((event.clientX - left) / width, 0, 1), clamp((event.clientY - top) / height, 0, 1)];
}

/** A pointer draws a new area, or moves the one that it is on. */
$("stage").onpointerdown = (event) => {
  if (event.button) return;
  let area = areas.find(({ element }) => element === event.target);
  const isNew = !area;
  const start = point(event);
  let last = start;
  event.preventDefault();
  area?.element.focus();
  $("stage").setPointerCapture(event.pointerId);
  $("stage").onpointermove = (moved) => {
    const [x, y] = point(moved);
    if (isNew) {
      const box = [Math.min(x, start[0]), Math.min(y, start[1]), Math.max(x, start[0]), Math.max(y, start[1])];
      if (box[2] - box[0] < LEAST || box[3] - box[1] < LEAST) return;
      area ??= addArea(box);
      area.box = box;
      listAreas();
    } else {
      change(area, [x - last[0], y - last[1]], false);
      last = [x, y];
    }
  };
  $("stage").onpointerup = $("stage").onpointercancel = () => { $("stage").onpointermove = null; };
};

// ---- controls ----

for (const name of Object.keys(settings.calibrations)) $("calibration").add(new Option(name));
$("calibration").value = settings.calibration;
$("opacity").value = 100 * settings.overlay.STRENGTH;
$("about").textContent = `wepsam ${settings.version}, model ${settings.card.name} ${settings.card.sha256.slice(0, 8)}`;
$("calibration").onchange = calibrated;
$("quality").onchange = () => current && show(current.file, current.name);
$("opacity").oninput = $("views").onchange = $("numbered").onchange = redraw;
$("download").onclick = download;
$("add").onclick = () => addArea([0.35, 0.35, 0.65, 0.65]).element.focus();
$("file").onchange = () => {
  take($("file").files);
  $("file").value = ""; // so that the same file can be chosen again
};
$("example").onclick = async () => show(await (await fetch("example.png")).blob(), "example.png");
document.onpaste = (event) => event.clipboardData.files.length && take(event.clipboardData.files);
document.ondragover = (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
};
document.ondragleave = () => $("drop").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  take(event.dataTransfer.files);
};

function take([file]) {
  if (file) show(file);
  else say("That was no file; drop a picture from this machine.", true);
}
