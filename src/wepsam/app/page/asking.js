// What the page knows, and how it asks the program behind it.

export const state = {
  about: null, // what the program offers
  visit: null,
  model: "",
  calibration: "",
  viewport: null, // the screen through which long pages are read; null: they are seen at once
  pictures: [], // {id, name, file or example, areas: [{label, box}], answer, plain: the picture as a blob}
  clips: [], // the same with is_clip, and with video and film: URLs of blobs
  current: null, // one of both
  video: "mp4", // what this browser plays
  view: "heat",
  opacity: 0.75,
};

const SIGN_OF_LIFE = 60_000, PAUSE = 300; // milliseconds

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The program behind this page does not answer; start wepsam app again and reload this page.");
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  const error = new Error(said.error || `The program answered with the error ${response.status}.`);
  error.status = response.status;
  throw error;
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const about = async () => (await call("api/about")).json();

/** Begin a visit: the program holds its pictures until the page is closed. */
export async function start() {
  state.visit = (await (await post("api/visits", {})).json()).visit;
}

/** Bring a picture or a clip to the program, which says what it is. */
export async function bring(picture) {
  const visit = `api/visits/${state.visit}`;
  let response;
  if (picture.file) {
    const form = new FormData();
    form.append("picture", picture.file, picture.file.name || "pasted.png");
    response = await call(`${visit}/pictures`, { method: "POST", body: form });
  } else {
    response = await post(`${visit}/examples/${picture.example}`, {});
  }
  Object.assign(picture, await response.json());
}

export const remove = (picture) => post(`api/visits/${state.visit}/pictures/${picture.id}/remove`, {});

let returning = null;

/** Begin again where the program has forgotten the visit, after a long sleep or a restart. */
function comeBack() {
  returning ??= (async () => {
    await start();
    for (const one of [...state.pictures, ...state.clips]) await bring(one);
  })().finally(() => { returning = null; });
  return returning;
}

/** Ask about pictures. The body is a function, for names of pictures change when they are brought again. */
export async function ask(path, body) {
  const whole = () => ({ visit: state.visit, model: state.model, calibration: state.calibration, viewport: state.viewport, ...body() });
  try {
    return await post(`api/${path}`, whole());
  } catch (error) {
    if (error.status !== 410) throw error;
    await comeBack();
    return post(`api/${path}`, whole());
  }
}

export const shown = (picture) => ({ id: picture.id, areas: picture.areas });
export const aboutClip = (clip, more = {}) => () => ({ clip: shown(clip), video: state.video, ...more });

/**
 * What there is to say about a picture or a clip, and its areas. A clip is watched first, which takes a while: `report`
 * is told how far that is. Null where somebody has set `clip.stopped` meanwhile.
 */
export async function answerOf(one, report = () => {}) {
  if (!one.is_clip) return (await ask("answer", () => ({ picture: shown(one) }))).json();
  while (!one.stopped) {
    const said = await (await ask("clip", aboutClip(one))).json();
    if (said.state === "done") return said;
    report(said);
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
  }
  return null;
}

addEventListener("pagehide", () => navigator.sendBeacon(`api/visits/${state.visit}/end`));
setInterval(() => state.visit && post(`api/visits/${state.visit}/alive`, {}).catch(() => {}), SIGN_OF_LIFE);
