// What a density says: the hot spots of a picture, and what an area gets. As wepsam.attention does it in Python.

/**
 * At most LIMIT places that draw attention, the largest share first: {share, surface, x, y, box: [x0, y0, x1, y1]},
 * all in shares of the picture. Peaks are one hot spot unless the density between them falls below SADDLE of the lower one.
 */
export function hotSpots({ height, width, data }, { SADDLE, REACH, FAINTEST, LIMIT }) {
  const most = data.reduce((a, b) => Math.max(a, b));
  if (most <= data.reduce((a, b) => Math.min(a, b)) * (1 + 1e-9)) return [];
  const owner = new Int32Array(height * width).fill(-1);
  const joined = new Map(); // a peak -> the higher peak of which it has become a part
  const top = (peak) => {
    while (joined.has(peak)) peak = joined.get(peak);
    return peak;
  };
  const order = [...data.keys()].sort((a, b) => data[b] - data[a] || a - b);
  for (const cell of order) {
    if (data[cell] < (FAINTEST * REACH * most) / 2) break;
    const [row, column] = [Math.floor(cell / width), cell % width];
    const peaks = new Set();
    for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
        if (owner[r * width + c] >= 0) peaks.add(top(owner[r * width + c]));
      }
    }
    const [highest = cell, ...lower] = [...peaks].sort((a, b) => data[b] - data[a] || a - b);
    owner[cell] = highest;
    for (const peak of lower) if (data[cell] >= SADDLE * data[peak]) joined.set(peak, highest);
  }
  const cells = new Map(); // peak -> the cells that it reaches
  owner.forEach((found, cell) => {
    if (found < 0) return;
    const peak = top(found);
    if (data[peak] < FAINTEST * most || data[cell] < REACH * data[peak]) return;
    cells.set(peak, [...(cells.get(peak) ?? []), cell]);
  });
  const spots = [...cells].map(([peak, reached]) => {
    const rows = reached.map((cell) => Math.floor(cell / width));
    const columns = reached.map((cell) => cell % width);
    return {
      share: reached.reduce((sum, cell) => sum + data[cell], 0),
      surface: reached.length / data.length,
      x: ((peak % width) + 0.5) / width,
      y: (Math.floor(peak / width) + 0.5) / height,
      box: [Math.min(...columns) / width, Math.min(...rows) / height,
        (Math.max(...columns) + 1) / width, (Math.max(...rows) + 1) / height],
    };
  });
  return spots.sort((a, b) => b.share - a.share).slice(0, LIMIT);
}

/** The share of a density in a box [x0, y0, x1, y1]; a cell that the box cuts counts by the part that is covered. */
export function shareOf({ height, width, data }, [x0, y0, x1, y1]) {
  const covered = (low, high, side) => Float64Array.from({ length: side }, (_, n) =>
    Math.min(1, Math.max(0, Math.min(high * side, n + 1) - Math.max(low * side, n))));
  const [down, across] = [covered(y0, y1, height), covered(x0, x1, width)];
  return data.reduce((sum, value, at) => sum + value * down[Math.floor(at / width)] * across[at % width], 0);
}

/** Where people look if nothing in a picture attracts them, before the calibration: a Gaussian. */
export function centerAlone(height, width, center) {
  const part = (place, side, middle, spread) => ((place + 0.5) / side - middle) / spread;
  const data = Float64Array.from({ length: height * width }, (_, at) => Math.exp(-0.5 * (
    part(Math.floor(at / width), height, center.row, center.height) ** 2
    + part(at % width, width, center.column, center.width) ** 2)));
  return { height, width, data };
}
