// Clips: they are watched by the program once, then played with their maps. Scenes and areas are shown in time.

import { aboutClip, answerOf, ask, state } from "./asking.js";
import { fail, find, make, named, say, take } from "./parts.js";

const video = find("#playing"), slider = find("#time");
const COLORS = ["#b3541e", "#2b5d8c", "#3b7d3b", "#8a4fa3", "#a3283f", "#6b6b1f"]; // of curves, as in the report
const DARK = ["#f0955c", "#86b8e6", "#86c786", "#c79ade", "#f08ba0", "#c9c963"];
const SVG = "http://www.w3.org/2000/svg";
const FILES = [
  ["html", "Report of this clip (HTML)", "_report.html"], ["video", "The clip with its maps", "_overlay"],
  ["npz", "Maps (NPZ)", ".npz"], ["sheet", "A frame a second (PNG)", "_sheet.png"],
  ["timeline", "Timeline (PNG)", "_timeline.png"], ["json", "Numbers (JSON)", ".json"], ["csv", "Areas (CSV)", "_areas.csv"],
];

/** 0:07.5, as the program writes times. */
export function clock(seconds) {
  const tenths = Math.round(10 * seconds), minutes = Math.floor(tenths / 600), rest = (tenths % 600) / 10;
  return `${minutes}:${rest < 10 ? "0" : ""}${rest % 1 ? rest.toFixed(1) : rest}`;
}

// ---- a clip is watched

/** Let the program watch a clip, and show how far it is; false where somebody stops it. */
export async function watch(clip) {
  const box = find("#watching"), bar = find("#watched"), stop = () => { clip.stopped = true; };
  find("#stop").addEventListener("click", stop);
  clip.stopped = false;
  say(`Watching ${clip.name}`);
  box.hidden = false;
  tell(bar, clip, { state: "waiting" });
  try {
    const answer = await answerOf(clip, (said) => tell(bar, clip, said));
    if (!answer) return false;
    const blob = async (kind) => URL.createObjectURL(await (await ask("clip/file", aboutClip(clip, { kind }))).blob());
    const [before, fresh] = [[clip.video, clip.film], [await blob("video"), await blob("film")]];
    before.forEach((url) => url && URL.revokeObjectURL(url));
    [clip.video, clip.film] = fresh;
    clip.answer = answer;
    return true;
  } finally {
    box.hidden = true;
    find("#stop").removeEventListener("click", stop);
  }
}

function tell(bar, clip, said) {
  const known = said.total > 0;
  bar.max = known ? said.total : 1;
  if (known) bar.value = Math.min(said.done, said.total);
  else bar.removeAttribute("value");
  const what = { waiting: "waits for its turn", watching: "is being watched", drawing: "is being drawn" }[said.state];
  const parts = [`${clip.name} ${what}`];
  if (known) parts.push(`${said.done} of ${Math.max(said.done, said.total)} frames`);
  if (said.rate) parts.push(`${said.rate} a second`);
  if (said.left) parts.push(`${said.left} left`);
  find("#watching-text").textContent = parts.join(", ");
}

/** Let the blobs of a clip go. */
export const forget = (clip) => [clip.video, clip.film].forEach((url) => url && URL.revokeObjectURL(url));

// ---- it is played

export function showClip(clip) {
  if (video.src !== clip.video) {
    video.src = clip.video;
    video.setAttribute("aria-label", `${clip.name} with its maps`);
    find("#film").src = clip.film;
    slider.max = clip.answer.seconds.toFixed(1);
    find("#sound").hidden = !clip.answer.has_sound;
    seek(0);
  }
  find("#caption").textContent = "The warmer the color, the more looks fall there at that moment. All frames have one scale.";
}

/** Stop what is played, as another picture is looked at. */
export const pause = () => video.pause();

function seek(seconds) {
  const end = state.current?.answer?.seconds ?? 0;
  video.currentTime = Math.min(Math.max(seconds, 0), Math.max(end - 0.01, 0));
  showTime(video.currentTime);
}

function showTime(seconds) {
  const end = state.current?.answer?.seconds;
  if (!end || !state.current.is_clip) return;
  const text = `${clock(seconds)} of ${clock(end)}`;
  slider.value = seconds;
  slider.setAttribute("aria-valuetext", text);
  find("#time-text").textContent = text;
  find("#now").style.left = `${Math.min(100, (100 * seconds) / end)}%`;
  const { times, areas } = state.current.answer, place = Math.max(0, times.findLastIndex((time) => time <= seconds + 1e-3));
  document.querySelectorAll("#legend b").forEach((share, number) => {
    share.textContent = areas[number] ? ` ${(100 * areas[number].shares[place]).toFixed(0)}%` : "";
  });
}

function follow() {
  if (video.paused) return;
  showTime(video.currentTime);
  requestAnimationFrame(follow);
}

video.addEventListener("play", () => { find("#play").textContent = "Pause"; follow(); });
video.addEventListener("pause", () => { find("#play").textContent = "Play"; showTime(video.currentTime); });
video.addEventListener("error", () => video.src && fail(new Error("This browser cannot play the clip; the file can be saved below.")));
find("#play").addEventListener("click", () => {
  if (!video.paused) return video.pause();
  if (video.ended) seek(0);
  return video.play().catch(fail);
});
find("#sound").addEventListener("click", () => {
  video.muted = !video.muted;
  find("#sound").setAttribute("aria-pressed", !video.muted);
});
slider.addEventListener("input", () => { video.pause(); seek(slider.valueAsNumber); });
find("#times").addEventListener("click", (event) => {
  const frame = find("#times").getBoundingClientRect();
  seek(((event.clientX - frame.left) / frame.width) * state.current.answer.seconds);
});

// ---- what is known in time

/** Curves, cuts and scenes of an answer. */
export function showTimes(answer) {
  const colors = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : COLORS;
  const color = (place) => colors[place % colors.length];
  find("#shares").hidden = !answer.areas.length;
  curves(find("#shares svg"), answer, answer.areas.map((area, place) => [area.shares, color(place)]));
  curves(find("#focus"), answer, [[answer.focus, color(0)]]);
  find("#legend").replaceChildren(...answer.areas.map((area, place) => {
    const swatch = make("i");
    swatch.style.background = color(place);
    return make("span", { className: "key" }, swatch, area.label, make("b"));
  }));
  find("#focus-said").textContent = `Part of the frame that draws half of all looks, up to ${answer.focus_text}: less where people agree`;
  const ticks = innerWidth < 640 ? 2 : 4;
  find("#ticks").replaceChildren(...Array.from({ length: ticks + 1 }, (_, place) =>
    make("span", { textContent: clock((place / ticks) * answer.seconds) })));
  find("#peak").textContent = answer.peak_text;
  const heads = ["Scene", "From", "To", ...answer.areas.map((area) => area.label)];
  find("#scenes thead").replaceChildren(make("tr", {}, ...heads.map((text) => make("th", { scope: "col", textContent: text }))));
  find("#scenes tbody").replaceChildren(...answer.scenes.map((scene, place) => {
    const go = make("button", { type: "button", textContent: place + 1, "aria-label": `Go to scene ${place + 1}` });
    go.addEventListener("click", () => { seek(scene.begin); find("#stage").scrollIntoView({ block: "nearest" }); });
    return make("tr", {}, make("th", { scope: "row" }, go),
      ...[scene.from, scene.to, ...scene.shares].map((text) => make("td", { textContent: text })));
  }));
  showTime(video.currentTime);
}

/** Draw values in time, each with its color; null breaks a line. Dashed lines are cuts. */
function curves(svg, answer, drawn) {
  const line = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const x = (seconds) => (1000 * seconds) / answer.seconds;
  const top = Math.max(1e-9, ...drawn.flatMap(([values]) => values));
  const parts = answer.scenes.slice(1).map(({ begin }) => line("line", { x1: x(begin), x2: x(begin), y1: 0, y2: 100 }));
  for (const [values, stroke] of drawn) {
    const points = values.map((value, place) => `${x(answer.times[place]).toFixed(1)},${(98 - (94 * value) / top).toFixed(1)}`);
    points.push(`1000,${points.at(-1).split(",")[1]}`); // the last value holds to the end
    parts.push(line("polyline", { points: points.join(" "), stroke }));
  }
  svg.replaceChildren(...parts);
}

// ---- files

export function clipFiles() {
  find("#clip-files").replaceChildren(...FILES.map(([kind, text, ending], place) => {
    const button = make("button", { type: "button", textContent: text, id: `clip-${kind}`, className: place ? "" : "main" });
    button.addEventListener("click", () => {
      const clip = state.current;
      take(button, async () => (await ask("clip/file", aboutClip(clip, { kind }))).blob(),
        (blob) => named(clip, kind === "video" ? `${ending}.${blob.type.split("/")[1]}` : ending));
    });
    return button;
  }));
  // Where a browser has no H.264, it has VP9.
  if (!video.canPlayType('video/mp4; codecs="avc1.640028, mp4a.40.2"')) state.video = "webm";
}
