// What happens around the network: from the pixels of a picture to the map at its size, as wepsam does it in Python.
// No DOM, no imports: the page, its worker and Node use this file. docs/how-to/deploy.md describes each step for other
// languages, tests/golden/predict/ holds inputs and outputs of each.
//
// A grid is {height, width, data}, row by row. Pixels are RGB, three bytes each; maps are one number each.

const TINY = 2 ** -126; // the smallest normal float32: densities below it count as it

export const grid = (height, width, data = new Float64Array(height * width)) => ({ height, width, data });

/** The nearest whole number, a half to the even one. */
export function round(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** [height, width] in which the light network sees a picture. `shapes`: the constants of shapes.py. */
export function inputShape(height, width, wanted, { SIDE_STEP, LEAST_AREA, MAX_ENLARGEMENT }) {
  const area = Math.min(wanted, Math.max(LEAST_AREA, round(MAX_ENLARGEMENT ** 2 * height * width)));
  const aspect = Math.min(Math.max(width / height, 1 / 4), 4);
  const rows = Math.floor(Math.sqrt(area / aspect) / SIDE_STEP);
  const columns = Math.floor(Math.sqrt(area * aspect) / SIDE_STEP);
  let best = null;
  for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
    const [down, across] = [rows + i, columns + j];
    if (!down || !across) continue;
    const stretch = Math.abs(Math.log(across / down / aspect));
    const cost = stretch + 0.3 * Math.abs(Math.log((down * across * SIDE_STEP ** 2) / area));
    if (!best || cost < best.cost) best = { cost, shape: [down * SIDE_STEP, across * SIDE_STEP] };
  }
  return best.shape;
}

/** How a picture is fed at a quality, the largest view last: its [height, width], and whether mirrored as well. */
export function views(card, quality, height, width, shapes) {
  if (card.input_size) return [{ shape: [card.input_size, card.input_size], mirror: card.mirror }];
  const { scales, mirror } = card.views[quality];
  return [...scales].sort((a, b) => a - b).map((scale) => ({
    shape: inputShape(height, width, round(card.input_area * scale ** 2), shapes), mirror,
  }));
}

function cubic(x) {
  const t = Math.abs(x);
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
cubic.support = 2;

const triangle = (x) => Math.max(0, 1 - Math.abs(x));
triangle.support = 1;

/** For each new sample, the first old one that it depends on, and the weights. Reductions widen the filter. */
function taps(old, size, filter) {
  const scale = old / size;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  return Array.from({ length: size }, (_, place) => {
    const center = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(old, Math.trunc(center + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, n) => filter((first + n - center + 0.5) / widening));
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

const BITS = 22; // of the fraction of a weight, when bytes are resized
const fixed = ({ first, weights }) => ({ first, weights: weights.map((w) => Math.trunc(w * 2 ** BITS + Math.sign(w) / 2)) });

/** Resizes the rows of a strip {height, width, data}, `channels` bytes a pixel, into RGB bytes from `next` on. */
function across({ height, width, data }, channels, weighted, narrow, next) {
  for (let row = 0; row < height; row++) {
    for (const { first, weights } of weighted) {
      for (let band = 0; band < 3; band++) {
        let sum = 2 ** (BITS - 1);
        for (let n = 0, at = (row * width + first) * channels + band; n < weights.length; n++, at += channels) {
          sum += weights[n] * data[at];
        }
        narrow[next++] = sum >> BITS;
      }
    }
  }
  return next;
}

/**
 * Resizes RGB pixels to [height, width]; bicubic, antialiased, rounded to bytes after each direction.
 * Rows may come in strips, so that a large picture is never in memory twice: add(strip) for each, then done().
 * A strip is {height, width, data} with `channels` bytes a pixel, of which the first three count.
 */
export function resizer(height, width, [newHeight, newWidth], channels = 3) {
  const [down, sideways] = [taps(height, newHeight, cubic).map(fixed), taps(width, newWidth, cubic).map(fixed)];
  // The order of Pillow 13. It matters, because values are cut to bytes in between.
  const downFirst = height > newHeight && height - newHeight > 2 * (width - newWidth);
  const line = 3 * (downFirst ? width : newWidth);
  const sums = new Int32Array(downFirst ? newHeight * line : 0).fill(2 ** (BITS - 1));
  const narrow = new Uint8ClampedArray(downFirst ? 0 : height * line);
  let [next, passed, finished] = [0, 0, 0]; // bytes of `narrow`; rows of the picture; rows of the result
  return {
    add(strip) {
      if (!downFirst) next = across(strip, channels, sideways, narrow, next);
      for (let row = 0; downFirst && row < strip.height; row++, passed++) {
        while (finished < newHeight && down[finished].first + down[finished].weights.length <= passed) finished++;
        for (let to = finished; to < newHeight && down[to].first <= passed; to++) {
          const weight = down[to].weights[passed - down[to].first] ?? 0;
          for (let column = 0, at = row * width * channels, sum = to * line; column < width; column++, at += channels) {
            for (let band = 0; band < 3; band++) sums[sum++] += weight * strip.data[at + band];
          }
        }
      }
    },
    done() {
      const data = new Uint8ClampedArray(newHeight * newWidth * 3);
      if (downFirst) {
        const rows = Uint8ClampedArray.from(sums, (sum) => sum >> BITS);
        across({ height: newHeight, width, data: rows }, 3, sideways, data, 0);
      } else {
        down.forEach(({ first, weights }, row) => {
          for (let at = 0; at < line; at++) {
            let sum = 2 ** (BITS - 1);
            for (let n = 0; n < weights.length; n++) sum += weights[n] * narrow[(first + n) * line + at];
            data[row * line + at] = sum >> BITS;
          }
        });
      }
      return grid(newHeight, newWidth, data);
    },
  };
}

/** An RGB picture at another size. */
export function resize(picture, shape) {
  const work = resizer(picture.height, picture.width, shape);
  work.add(picture);
  return work.done();
}

/** RGB pixels from right to left. */
export function mirrored({ height, width, data }) {
  const turned = new Uint8ClampedArray(data.length);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = width - 1; column >= 0; column--) {
      for (let band = 0; band < 3; band++) turned[to++] = data[(row * width + column) * 3 + band];
    }
  }
  return grid(height, width, turned);
}

/** A map at another size: float32, bilinear with half-pixel centers; antialiased where it shrinks. */
export function enlarge(map, [newHeight, newWidth]) {
  const values = Float32Array.from(map.data);
  const wide = new Float32Array(map.height * newWidth);
  taps(map.width, newWidth, triangle).forEach(({ first, weights }, column) => {
    for (let row = 0; row < map.height; row++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * values[row * map.width + first + n];
      wide[row * newWidth + column] = sum;
    }
  });
  const data = new Float32Array(newHeight * newWidth);
  taps(map.height, newHeight, triangle).forEach(({ first, weights }, row) => {
    for (let column = 0; column < newWidth; column++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * wide[(first + n) * newWidth + column];
      data[row * newWidth + column] = sum;
    }
  });
  return grid(newHeight, newWidth, data);
}

const largest = (data) => data.reduce((a, b) => Math.max(a, b), -Infinity);
const changed = (map, value) => grid(map.height, map.width, Float64Array.from(map.data, value));

/** A map divided by its sum; zeros become uniform. */
export function toDensity(map) {
  const total = map.data.reduce((a, b) => a + b, 0);
  return changed(map, (value) => (total > 0 ? value / total : 1 / map.data.length));
}

/** The mean of densities of one size, weighted if there is a weight for each. */
export function mean(densities, weights = []) {
  const used = weights.length === densities.length ? weights : densities.map(() => 1);
  const total = used.reduce((a, b) => a + b, 0);
  const { height, width, data } = densities[0];
  return grid(height, width, data.map((_, at) => densities.reduce((a, d, n) => a + used[n] * d.data[at], 0) / total));
}

/** A Gaussian blur whose weights are renormalized at the border; sigma in cells. */
export function blur({ height, width, data }, sigma) {
  const kernel = (side) => Array.from({ length: side }, (_, to) => {
    const weights = Float64Array.from({ length: side }, (_, from) => Math.exp(-0.5 * ((to - from) / sigma) ** 2));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  });
  const [down, across] = [kernel(height), kernel(width)];
  const half = new Float64Array(height * width);
  const out = new Float64Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let n = 0; n < width; n++) half[row * width + column] += across[column][n] * data[row * width + n];
    }
  }
  for (let row = 0; row < height; row++) {
    for (let n = 0; n < height; n++) {
      for (let column = 0; column < width; column++) out[row * width + column] += down[row][n] * half[n * width + column];
    }
  }
  return grid(height, width, out);
}

/** The density that a laboratory would measure. `numbers`: one of the card's calibrations; what it lacks does nothing. */
export function calibrate(density, numbers) {
  const { power = 1, center_weight = 0, center_width = 0.4, blur: sigma = 0, floor = 0, bias = [] } = numbers;
  const { height, width } = density;
  if (power !== 1) {
    const most = largest(density.data) || 1;
    density = toDensity(changed(density, (value) => (value / most) ** power));
  }
  if (bias.length || center_weight) {
    const added = bias.length
      ? enlarge(grid(bias.length, bias[0].length, bias.flat()), [height, width]).data
      : centered(height, width, (-0.5 * center_weight) / center_width ** 2);
    const logits = changed(density, (value, at) => Math.log(Math.max(value, TINY)) + added[at]);
    const most = largest(logits.data);
    density = toDensity(changed(logits, (value) => Math.exp(value - most)));
  }
  if (sigma) density = blur(density, sigma * Math.sqrt(height * width));
  density = toDensity(density);
  return changed(density, (value) => (1 - floor) * value + floor / (height * width));
}

function centered(height, width, strength) {
  const away = (place, side) => ((place + 0.5) / side - 0.5) ** 2;
  return Float64Array.from({ length: height * width }, (_, at) =>
    strength * (away(Math.floor(at / width), height) + away(at % width, width)));
}

/**
 * The density at the network's own resolution, before a calibration, for each size in which it sees the picture.
 * `run`: a batch of RGB grids of one size -> a promise of as many maps (h, w). `inputs`: {view, picture resized to it}.
 */
export async function scaleDensities(run, inputs) {
  const outputs = [];
  for (const { view, picture } of inputs) {
    const [own, other] = await run(view.mirror ? [picture, mirrored(picture)] : [picture]);
    outputs.push(other ? grid(own.height, own.width, own.data.map((value, at) => {
      const row = at - (at % own.width);
      return value + other.data[row + own.width - 1 - (at % own.width)];
    })) : own);
  }
  const { height, width } = outputs.at(-1); // of the largest view; the others are enlarged to it
  const fits = (map) => map.height === height && map.width === width;
  return outputs.map((map) => toDensity(fits(map) ? map : enlarge(map, [height, width])));
}

/** A low-resolution density as a float32 map at a picture's [height, width], its largest value 1. */
export function saliencyMap(density, shape) {
  const most = largest(density.data);
  const map = enlarge(changed(density, (value) => value / most), shape);
  const top = largest(map.data);
  map.data.forEach((value, at) => { map.data[at] = value / top; });
  return map;
}
