// node steps.mjs < tests/golden/predict/steps.json
// What the page's JavaScript answers to each entry, in the order of the file: {step: [answer, ...]}.
import { readFileSync } from "node:fs";
import * as wepsam from "../../web/wepsam.js";

const { shapes, ...steps } = JSON.parse(readFileSync(0, "utf8"));
const toGrid = (rows) => wepsam.grid(rows.length, rows[0].length, Float64Array.from(rows.flat()));
const toPicture = (rows) => wepsam.grid(rows.length, rows[0].length, Uint8Array.from(rows.flat(2)));
const toRows = ({ height, width, data }) => {
  const line = data.length / height;
  return Array.from({ length: height }, (_, row) => [...data.slice(row * line, (row + 1) * line)]);
};
const answers = {
  input_shape: ({ height, width, area }) => wepsam.inputShape(height, width, area, shapes),
  resize: ({ pixels, shape }) => toRows(wepsam.resize(toPicture(pixels), shape)),
  mean: ({ densities, scale_weights }) => toRows(wepsam.mean(densities.map(toGrid), scale_weights)),
  calibration: ({ density, numbers }) => toRows(wepsam.calibrate(toGrid(density), numbers)),
  enlarge: ({ map, shape }) => toRows(wepsam.enlarge(toGrid(map), shape)),
  saliency_map: ({ density, shape }) => toRows(wepsam.saliencyMap(toGrid(density), shape)),
};
const answered = Object.entries(steps).map(([step, entries]) => [step, entries.map(answers[step])]);
console.log(JSON.stringify(Object.fromEntries(answered)));
