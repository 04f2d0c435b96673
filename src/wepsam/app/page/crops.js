// Crops: where they are is said by the program; the preview shows the picture through a window of that aspect.

import { ask, shown, state } from "./asking.js";
import { coalesced, fail, find, make, named, save } from "./parts.js";

const aspects = ["1:1", "4:5", "16:9", "9:16"];
let source = "";

export const showCrops = coalesced(async () => {
  const picture = state.current;
  if (!picture || picture.is_clip) return;
  const found = await (await ask("crops", () => ({ picture: { id: picture.id }, aspects }))).json();
  if (picture !== state.current) return;
  if (source) URL.revokeObjectURL(source);
  source = URL.createObjectURL(picture.plain);
  find("#cropped").replaceChildren(...found.map((crop) => preview(picture, crop)));
});

function preview(picture, crop) {
  const image = make("img", { src: source, alt: `Crop ${crop.aspect} of ${picture.name}` });
  image.style.aspectRatio = `${crop.width} / ${crop.height}`;
  image.style.objectPosition = crop.object_position;
  const button = make("button", { type: "button", textContent: "Save", "aria-label": `Save the crop ${crop.aspect}` });
  button.addEventListener("click", () => saveCrop(picture, crop.aspect).catch(fail));
  const lost = crop.lost ? ` Cuts or leaves out hot spot${crop.lost.includes(",") ? "s" : ""} ${crop.lost}.` : "";
  const text = `${crop.width} × ${crop.height}, keeps ${crop.kept}.${lost}`;
  return make("li", {}, image, make("p", {}, make("strong", { textContent: crop.aspect }), " ", button),
    make("p", { className: "soft", textContent: text }));
}

async function saveCrop(picture, aspect) {
  const response = await ask("crop", () => ({ picture: { id: shown(picture).id }, aspects: [aspect] }));
  const blob = await response.blob();
  const suffix = blob.type.split("/")[1].replace("jpeg", "jpg").replace(/[^a-z0-9]/g, "");
  save(blob, named(picture, `_${aspect.replace(/[^0-9.]+/g, "x")}.${suffix}`));
}

find("#aspects").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = find("#aspect"), wanted = input.value.trim() || input.placeholder;
  if (aspects.includes(wanted)) return;
  try {
    await ask("crops", () => ({ picture: { id: state.current.id }, aspects: [wanted] }));
    aspects.push(wanted);
    while (aspects.length > 8) aspects.shift();
    input.value = "";
    fail(null);
    showCrops();
  } catch (error) {
    fail(error);
  }
});
