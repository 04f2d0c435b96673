// node run.mjs MODEL.onnx STIMULUS.raw HEIGHT WIDTH OUT.raw
// A picture (uint8 RGB) through the file as a browser runs it, in WebAssembly; the map as float32, its shape printed.
import { readFileSync, writeFileSync } from "node:fs";
import * as ort from "../../web/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";

const [model, stimulus, height, width, out] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
// 3: errors alone; the light network's center bias is an input with a default, of which a warning would tell.
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(model)), { logSeverityLevel: 3 });
const stimuli = new ort.Tensor("uint8", new Uint8Array(readFileSync(stimulus)), [1, +height, +width, 3]);
const { saliency_maps: maps } = await session.run({ stimuli });
writeFileSync(out, new Uint8Array(maps.data.buffer, maps.data.byteOffset, maps.data.byteLength));
console.log(maps.dims.join(" "));
