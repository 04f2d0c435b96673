// Two pictures side by side on one scale, what differs between them, and what their areas gain and lose.

import { ask, shown, state } from "./asking.js";
import { coalesced, fail, find, make, named, save, show } from "./parts.js";

const [first, second] = [find("#a"), find("#b")];
const chosen = (select) => state.pictures.find((picture) => picture.id === select.value);
const pair = () => ({ a: shown(chosen(first)), b: shown(chosen(second)) });
const images = ["a", "b", "difference"].map((part) => {
  const image = make("img", { alt: "" }), text = make("figcaption");
  find("#sides").append(make("figure", {}, text, image));
  return { part, image, text };
});

/** Offer the pictures that there are now; keep what was chosen where it is still there. */
export function showPair() {
  const before = [chosen(first), chosen(second)];
  const options = (select, picture) => {
    select.replaceChildren(...state.pictures.map((one, place) => make("option", { value: one.id, textContent: `${place + 1}. ${one.name}` })));
    if (picture) select.value = picture.id;
  };
  const a = before[0] ?? state.pictures[0];
  options(first, a);
  options(second, before[1] && before[1] !== a ? before[1] : state.pictures.find((one) => one !== a));
  const two = state.pictures.length > 1;
  find("#pair").hidden = !two;
  find("#alone").hidden = two;
  if (two) compare();
}

export function compare() {
  if (state.pictures.length < 2) return;
  compareNumbers();
  comparePictures();
}

export const compareNumbers = coalesced(async () => {
  if (state.pictures.length < 2) return;
  const [a, b] = [chosen(first), chosen(second)];
  const said = await (await ask("comparison", pair)).json();
  find("#scale").textContent = `Both heat maps have one scale: the brightest color is ${said.highest} times the average of ` +
    `a picture. The difference is blue where A gets more and orange where B does; full color is ${said.limit} times the average.`;
  find("#moved").textContent = `${said.moved_text} of the attention lies elsewhere in B.`;
  find("#remarks").replaceChildren(...said.warnings.map((line) => make("li", { textContent: line })));
  find("#verdicts").hidden = !said.rows.length;
  find("#no-verdicts").hidden = said.rows.length > 0;
  find("#verdicts tbody").replaceChildren(...said.rows.map((row) => make("tr", {},
    make("th", { scope: "row", textContent: row.label }),
    ...[row.a, row.b, row.change, row.interval].map((text) => make("td", { textContent: text })),
    make("td", { className: row.decided ? "decided" : "soft", textContent: row.verdict }))));
  const texts = [`A: ${a.name}`, `B: ${b.name}`, "B minus A"];
  images.forEach(({ image, text }, place) => {
    text.textContent = texts[place];
    image.alt = place < 2 ? `Heat map of ${texts[place]}` : "Where B gets more, and where A does";
  });
});

const comparePictures = coalesced(async () => {
  if (state.pictures.length < 2) return;
  for (const { part, image } of images) {
    show(image, await (await ask("comparison", () => ({ ...pair(), part }))).blob());
  }
});

first.addEventListener("change", compare);
second.addEventListener("change", compare);
find("#swap").addEventListener("click", () => {
  [first.value, second.value] = [second.value, first.value];
  compare();
});
find("#save-sheet").addEventListener("click", async () => {
  try {
    const response = await ask("comparison", () => ({ ...pair(), part: "sheet" }));
    save(await response.blob(), named(chosen(second), "_compared.png"));
  } catch (error) {
    fail(error);
  }
});
