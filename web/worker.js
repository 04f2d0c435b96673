// Decodes pictures and runs the network, beside the page, which stays responsive.
//
// Asked with {id, file, quality}, it answers {id, shape, densities, bitmap} or {id, error}; without being asked, once, {ready}
// or {error}. Errors are one sentence.

import * as wepsam from "./wepsam.js";

const STRIP = 1 << 21; // pixels of a picture that are copied at a time
const asked = new URL(self.location.href).searchParams.get("backend");

const opened = open();
opened.then(({ backend }) => self.postMessage({ ready: backend }), (error) => self.postMessage({ error: error.message }));

self.onmessage = async ({ data: { id, file, quality } }) => {
  try {
    const answer = await predict(await opened, file, quality);
    self.postMessage({ id, ...answer }, [answer.bitmap]);
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
};

async function fetched(name) {
  const answer = await fetch(new URL(name, import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new Error(`${name} cannot be loaded from the server of this page; reload it, or ask its owner.`);
  return answer;
}

/** The network on WebGPU where there is one, or else in WebAssembly. */
async function open() {
  const settings = await (await fetched("settings.json")).json();
  const weights = new Uint8Array(await (await fetched(settings.weights)).arrayBuffer());
  const order = asked ? [asked] : (await hasGpu()) ? ["webgpu", "wasm"] : ["wasm"];
  for (const backend of order) {
    try {
      const ort = await import(`./onnxruntime/ort.${backend}.bundle.min.mjs`);
      // Threads need a page that is isolated from others, by two headers of its server.
      ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
      // 3: errors alone; the center bias is an input with a default, of which a warning would tell.
      const options = { executionProviders: [backend], logSeverityLevel: 3 };
      const session = await ort.InferenceSession.create(weights, options);
      const side = settings.card.input_size ?? 2 * settings.shapes.SIDE_STEP;
      await session.run({ stimuli: new ort.Tensor("uint8", new Uint8Array(side * side * 3), [1, side, side, 3]) });
      return { ort, settings, backend, session };
    } catch (error) {
      if (backend === order.at(-1)) throw new Error(`The network does not start in this browser (${error.message}).`);
    }
  }
}

async function hasGpu() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !adapter.info?.isFallbackAdapter;
}

async function predict({ ort, settings, session }, file, quality) {
  const bitmap = await decoded(file);
  const { height, width } = bitmap;
  const views = wepsam.views(settings.card, quality, height, width, settings.shapes);
  const inputs = views.map((view) => ({ view, work: wepsam.resizer(height, width, view.shape, 4) }));
  for (const strip of strips(bitmap)) inputs.forEach(({ work }) => work.add(strip));
  const run = async (pictures) => {
    const [shape, size] = [[pictures.length, pictures[0].height, pictures[0].width, 3], pictures[0].data.length];
    const stimuli = new Uint8Array(pictures.length * size);
    pictures.forEach((picture, n) => stimuli.set(picture.data, n * size));
    const { saliency_maps: maps } = await session.run({ stimuli: new ort.Tensor("uint8", stimuli, shape) });
    const [, h, w] = maps.dims;
    return pictures.map((_, n) => wepsam.grid(h, w, maps.data.slice(n * h * w, (n + 1) * h * w)));
  };
  const densities = await wepsam.scaleDensities(run, inputs.map(({ view, work }) => ({ view, picture: work.done() })));
  return { shape: [height, width], densities, bitmap };
}

/** The first frame, upright, with the values of the file: as in Python, no color profile is applied. */
async function decoded(file) {
  try {
    return await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    const name = file.name ?? "This file";
    throw new Error(`${name} cannot be read as a picture here; choose a JPEG, PNG, WebP, GIF, AVIF or BMP that is whole.`);
  }
}

/** The picture over white, in strips of rows {height, width, data}, four bytes a pixel. */
function* strips(bitmap) {
  const { height, width } = bitmap;
  const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
  const pen = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error(`This browser cannot hold a picture of ${width}x${height}; choose a smaller one.`);
  for (let top = 0; top < height; top += rows) {
    pen.fillStyle = "white";
    pen.fillRect(0, 0, width, rows);
    pen.drawImage(bitmap, 0, -top);
    const count = Math.min(rows, height - top);
    yield { height: count, width, data: pen.getImageData(0, 0, width, count).data };
  }
}
