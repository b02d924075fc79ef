// Figures with their intervals, one row for each: a method, a set of signals.

import { fit, linearScale, xAxis } from "./axes.js";
import { h, s } from "./elements.js";
import { decimals } from "./words.js";

const ROW = 24;
const LINE = 11; // of a name in two lines
const LETTER = 6.2; // as wide as one is on average

/** Return a figure of `{name: {value, low, high}}`, the best first. */
export function intervalsFigure(title, note, figures, { own, isLessBetter = false } = {}) {
  const known = Object.entries(figures).filter(([, figure]) => figure?.value !== null && figure?.value !== undefined)
    .sort(([, a], [, b]) => (isLessBetter ? a.value - b.value : b.value - a.value));
  if (!known.length) return null;
  const place = h("div", { class: "chart", role: "img", "aria-label": known.map(([name, f]) => `${name} ${decimals(f.value)}`).join("; ") });
  fit(place, (width) => draw(known, own, width));
  return h("figure", {}, h("figcaption", {}, title, h("small", {}, ` ${note}`)), place);
}

function draw(known, own, width) {
  const left = Math.min(200, Math.round(width * 0.56));
  const right = width - 46;
  const all = known.flatMap(([, f]) => [f.value, f.low ?? f.value, f.high ?? f.value]);
  const range = [Math.floor(20 * Math.min(...all)) / 20, Math.ceil(20 * Math.max(...all)) / 20];
  const x = linearScale(range, [left, right]);
  const bottom = known.length * ROW + 4;
  const ticks = [0, 1, 2].map((i) => Number((range[0] + (i * (range[1] - range[0])) / 2).toPrecision(2))).filter((tick) => tick >= range[0] && tick <= range[1]);
  return s("svg", { width, height: bottom + 24, viewBox: `0 0 ${width} ${bottom + 24}`, "aria-hidden": "true" },
    xAxis(x, ticks, 0, bottom),
    known.map(([name, f], i) => {
      const y = i * ROW + ROW / 2 + 2;
      return s("g", { class: name === own ? "interval own" : "interval" },
        lines(name, left).map((line, k, all) => s("text", { x: left - 10, y: y + 4 + (k - (all.length - 1) / 2) * LINE, "text-anchor": "end" }, line)),
        f.low === undefined ? null : s("line", { x1: x(f.low), x2: x(f.high), y1: y, y2: y }),
        s("circle", { cx: x(f.value), cy: y, r: 3.5 }),
        s("text", { x: width, y: y + 4, "text-anchor": "end" }, decimals(f.value)));
    }));
}

/** Return a name in one line, or in two where there is no room for it. */
function lines(name, room) {
  if (name.length * LETTER <= room) return [name];
  const blanks = [...name.matchAll(/ /g)].map(({ index }) => index);
  const middle = blanks.sort((a, b) => Math.abs(a - name.length / 2) - Math.abs(b - name.length / 2))[0];
  return middle === undefined ? [name] : [name.slice(0, middle), name.slice(middle + 1)];
}
