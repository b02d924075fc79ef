// Scales, ticks and the frame that all charts share.

import { s } from "./elements.js";

/** Return a function from a positive number to a place on a logarithmic axis; 0 and less stand at its beginning. `back` is the way back. */
export function logScale([low, high], [from, to]) {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const span = b - a || 1;
  const scale = (v) => (v <= 0 ? from : from + ((Math.log10(v) - a) / span) * (to - from));
  return Object.assign(scale, { back: (at) => 10 ** (a + ((at - from) / (to - from)) * span) });
}

export function linearScale([low, high], [from, to]) {
  const span = high - low || 1;
  const scale = (v) => from + ((v - low) / span) * (to - from);
  return Object.assign(scale, { back: (at) => low + ((at - from) / (to - from)) * span });
}

/** Return round numbers for a linear axis, not more than there is room for. */
export function linearTicks([low, high], room) {
  const rough = (high - low) / Math.max(1, room);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * [1, 2, 5, 10].find((factor) => factor * decade >= rough);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step);
}

/** Return round numbers for a logarithmic axis: powers of ten, and 2 and 5 between them where there is room. */
export function logTicks([low, high], room) {
  const decades = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) decades.push(10 ** e);
  const within = (ticks) => ticks.filter((t) => t >= low * 0.999 && t <= high * 1.001);
  const fine = within(decades.flatMap((d) => [d, 2 * d, 5 * d]));
  const plain = within(decades);
  const step = Math.ceil(plain.length / room);
  return fine.length <= room ? fine : plain.filter((_, i) => i % step === 0);
}

/** Return a number as an axis shows it: 2k, 1M. */
export function short(number) {
  const sign = number >= 1e6 ? [1e6, "M"] : number >= 1e3 ? [1e3, "k"] : [1, ""];
  const scaled = Number((number / sign[0]).toPrecision(3));
  return (scaled !== 0 && Math.abs(scaled) < 1e-3 ? scaled.toExponential(0) : String(scaled)) + sign[1];
}

/** Return a horizontal axis: ticks with their numbers below. */
export function xAxis(x, ticks, top, bottom, text = short) {
  return s("g", { class: "axis" }, ticks.map((tick) => [
    s("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "grid-line" }),
    s("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, text(tick)),
  ]));
}

/** Return a vertical axis: lines across with their numbers to the left. */
export function yAxis(y, ticks, left, right, text = short) {
  return s("g", { class: "axis" }, ticks.map((tick) => [
    s("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), class: "grid-line" }),
    s("text", { x: left - 7, y: y(tick) + 4, "text-anchor": "end" }, text(tick)),
  ]));
}

/** Return a line through points. A value that is null is passed over, one that is undefined leaves a gap. Thinned to what can be seen: first, least, most and last in each pixel. */
export function path(xs, ys, x, y, attributes) {
  let text = "";
  let pen = "M";
  let column = [];
  const flush = () => {
    const kept = new Set(column.length > 4 ? [column[0], extreme(column, Math.min), extreme(column, Math.max), column.at(-1)] : column);
    for (const [px, py] of kept) {
      text += `${pen}${px.toFixed(1)} ${py.toFixed(1)}`;
      pen = "L";
    }
    column = [];
  };
  xs.forEach((at, i) => {
    if (ys[i] === undefined) {
      flush();
      pen = "M";
    }
    if (ys[i] === null || ys[i] === undefined) return;
    const point = [x(at), y(ys[i])];
    if (column.length && Math.floor(column[0][0]) !== Math.floor(point[0])) flush();
    column.push(point);
  });
  flush();
  return s("path", { d: text, fill: "none", ...attributes });
}

function extreme(column, best) {
  const wanted = best(...column.map(([, py]) => py));
  return column.find(([, py]) => py === wanted);
}

/** Keep a chart as wide as its place: `draw(width)` makes it anew. */
export function fit(place, draw) {
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(place.clientWidth);
    if (!width) return;
    drawn = width;
    place.replaceChildren(draw(width));
  };
  new ResizeObserver(() => Math.floor(place.clientWidth) !== drawn && redraw()).observe(place);
  return redraw;
}
