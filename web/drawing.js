// Pictures of a map to look at, as wepsam.overlays and wepsam.drawing draw them. Pictures are ImageData, opaque.

const PASSES = 3; // of a box blur, which then is nearly Gaussian

/** The gray levels of a map, 0 and 255 at its minimum and maximum. */
export function levels({ data }) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Uint8ClampedArray.from(data, (value) => ((value - low) / (high - low || 1)) * 255);
}

/** The map in gray, as `wepsam predict --save map` writes it. */
export function gray(pixels, values) {
  const out = new ImageData(pixels.width, pixels.height);
  values.forEach((value, n) => out.data.set([value, value, value, 255], 4 * n));
  return out;
}

/** The map in colors over the picture, which is untouched where the map is low. */
export function heat(pixels, values, strength, { overlay, ramp }) {
  const { ONSET, FULL, LOW_COLOR, HIGH_COLOR, ONE } = overlay;
  const kept = new Uint8Array(256);
  const added = new Uint8Array(256 * 3);
  const light = new Uint8Array(256);
  for (let level = 0; level < 256; level++) {
    const unit = level / 255;
    const opacity = strength * smooth((unit - ONSET) / (FULL - ONSET));
    const color = 3 * Math.round(LOW_COLOR + (HIGH_COLOR - LOW_COLOR) * unit);
    kept[level] = Math.round((1 - opacity) * ONE);
    light[level] = Math.round((0.75 + 0.35 * unit) * ONE);
    for (let band = 0; band < 3; band++) added[3 * level + band] = Math.round(opacity * ramp[color + band]);
  }
  const out = new ImageData(pixels.width, pixels.height);
  const { data } = pixels;
  for (let n = 0, at = 0; n < values.length; n++, at += 4) {
    const level = values[n];
    const luma = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 0x8000) >> 16;
    for (let band = 0; band < 3; band++) {
      const sum = added[3 * level + band] * light[luma] + kept[level] * data[at + band] + (ONE >> 1);
      out.data[at + band] = Math.min(255, Math.floor(sum / ONE));
    }
    out.data[at + 3] = 255;
  }
  return out;
}

/** The picture, dimmed and blurred where few look. `map` has the picture's size and the density's unit. */
export function fog(pixels, map, density, opacity, { fog: { CLEAR, FOGGED, BLUR } }) {
  const { width, height, data } = pixels;
  const above = shareAbove(density);
  const radius = BLUR * Math.min(Math.max(width, height), (4 / 3) * Math.min(width, height));
  const [slight, strong] = [0.3 * radius, radius].map((sigma) => blurred(pixels, sigma));
  const out = new ImageData(width, height);
  for (let n = 0, at = 0; n < map.data.length; n++, at += 4) {
    const clear = smooth((FOGGED - above(map.data[n])) / (FOGGED - CLEAR));
    const [lower, upper] = [Math.min(1, 2 * clear), Math.max(0, 2 * clear - 1)];
    for (let band = 0; band < 3; band++) {
      const half = slight[at + band] * (1 - opacity / 2);
      const foggy = strong[at + band] * (1 - opacity) * (1 - lower) + half * lower;
      out.data[at + band] = data[at + band] * upper + foggy * (1 - upper);
    }
    out.data[at + 3] = 255;
  }
  return out;
}

function smooth(part) {
  const x = Math.min(1, Math.max(0, part));
  return x * x * (3 - 2 * x);
}

/** A function: a value of a density -> the share that lies in places of higher density, interpolated. */
function shareAbove({ data }) {
  const falling = [...data].sort((a, b) => b - a);
  const total = falling.reduce((a, b) => a + b, 0);
  const table = []; // [value, share above it], the lowest value first
  let sum = 0;
  for (let n = 0; n < falling.length; n++) {
    if (!n || falling[n] !== falling[n - 1]) table.unshift([falling[n], sum / total]);
    sum += falling[n];
  }
  return (value) => {
    let [low, high] = [0, table.length - 1];
    if (value <= table[low][0]) return table[low][1];
    if (value >= table[high][0]) return table[high][1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (table[middle][0] <= value) low = middle;
      else high = middle;
    }
    const part = (value - table[low][0]) / (table[high][0] - table[low][0]);
    return table[low][1] + part * (table[high][1] - table[low][1]);
  };
}

/** The picture's bytes, blurred with a standard deviation in pixels. */
function blurred({ width, height, data }, sigma) {
  const reach = Math.max(0, Math.round((Math.sqrt((12 * sigma * sigma) / PASSES + 1) - 1) / 2));
  let from = Float32Array.from(data);
  let to = new Float32Array(data.length);
  for (let pass = 0; pass < 2 * PASSES && reach; pass++) {
    const [lines, length, line, step] = pass % 2 ? [width, height, 4, 4 * width] : [height, width, 4 * width, 4];
    for (let n = 0; n < lines; n++) {
      for (let band = 0; band < 3; band++) box(from, to, n * line + band, length, step, reach);
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The mean of 2 reach + 1 samples of a line; those beyond its ends are as the last one. */
function box(from, to, start, length, step, reach) {
  const value = (place) => from[start + step * Math.min(length - 1, Math.max(0, place))];
  let sum = 0;
  for (let place = -reach; place <= reach; place++) sum += value(place);
  for (let place = 0; place < length; place++) {
    to[start + step * place] = sum / (2 * reach + 1);
    sum += value(place + reach + 1) - value(place - reach);
  }
}
