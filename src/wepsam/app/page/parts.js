// Small things that all parts of the page use.

/** An element with properties, attributes (where there is no such property) and children. Texts are never HTML. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const find = (selector) => document.querySelector(selector);

/** A function that runs one call at a time; of those that come meanwhile, only the last one follows. */
export function coalesced(work) {
  let running = false, again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } catch (error) {
      fail(error);
    } finally {
      running = false;
    }
  };
}

/** Say what went wrong, in one sentence; null takes it back. */
export function fail(error) {
  const place = find("#error");
  place.hidden = error === null;
  place.textContent = error === null ? "" : error.message;
}

/** Tell people who cannot see it that something has happened. */
export function say(text) {
  find("#status").textContent = text;
}

/** Put a file where the browser puts downloads. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Let a button bring a file to the downloads: `fetched` brings the blob, `name` says what it is called. */
export async function take(button, fetched, name) {
  button.disabled = true;
  try {
    const blob = await fetched();
    save(blob, name(blob));
    fail(null);
    say("The file is among your downloads");
  } catch (error) {
    fail(error);
  }
  button.disabled = false;
  button.focus();
}

/** The name of a file made of a picture. */
export function named(picture, ending) {
  const stem = picture.name.replace(/\.[^.]{1,5}$/, "").replace(/[^\p{L}\p{N}_. -]/gu, "_").replace(/^[.\s]+/, "");
  return `${stem || "picture"}${ending}`;
}

/** Show a blob in an <img>; the one before is let go. */
export function show(image, blob) {
  const before = image.src;
  image.src = URL.createObjectURL(blob);
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
}
