// How the forecast of a run moved as more of it was seen.

import { fit, linearScale, logScale, logTicks, path, xAxis, yAxis } from "./axes.js";
import { h, s } from "./elements.js";
import { percent, steps, value } from "./words.js";

const HEIGHT = 190;

/** Return a figure of the forecasts of a run, and a function that shows new ones. */
export function timelineFigure() {
  const onsets = h("div", { class: "chart", role: "img" });
  const chances = h("div", { class: "chart", role: "img" });
  let shown = [];
  const charts = [fit(onsets, (width) => drawOnsets(shown, width)), fit(chances, (width) => drawChances(shown, width))];
  return {
    element: h("div", { class: "pair" },
      h("figure", {}, h("figcaption", {}, "Forecast onset", h("small", {}, " by the step of the forecast")), onsets),
      h("figure", {}, h("figcaption", {}, "Probability of onset by the horizon"), chances)),
    show(forecasts) {
      shown = forecasts;
      onsets.setAttribute("aria-label", spokenOnsets(forecasts));
      chances.setAttribute("aria-label", spokenChances(forecasts));
      charts.forEach((redraw) => redraw());
    },
  };
}

function spokenOnsets(forecasts) {
  const known = forecasts.filter((f) => f.onset_step.p50 !== null);
  if (!known.length) return `None of ${forecasts.length} forecasts has its median within the supported range.`;
  const [first, last] = [known[0], known.at(-1)];
  return `${forecasts.length} forecasts. At step ${steps(first.observed_until_step)} the median onset was step ${steps(first.onset_step.p50)}; at step ${steps(last.observed_until_step)} it is ${steps(last.onset_step.p50)}.`;
}

function spokenChances(forecasts) {
  const [first, last] = [forecasts[0], forecasts.at(-1)];
  return `From ${percent(first.probability_onset_by_horizon)} at step ${steps(first.observed_until_step)} to ${percent(last.probability_onset_by_horizon)} at step ${steps(last.observed_until_step)}.`;
}

function xFrame(forecasts, width) {
  const at = forecasts.map((f) => Math.max(1, f.observed_until_step));
  const [left, right] = [46, width - 12];
  const range = [at[0], Math.max(at.at(-1), at[0] * 1.5)];
  return { left, right, x: logScale(range, [left, right]), ticks: logTicks(range, Math.max(2, Math.floor(width / 80))) };
}

function drawOnsets(forecasts, width) {
  if (!forecasts.length) return "";
  const { left, right, x, ticks } = xFrame(forecasts, width);
  const [top, bottom] = [8, HEIGHT];
  const all = forecasts.flatMap((f) => [f.observed_until_step, f.onset_step.p05, f.onset_step.p50, f.onset_step.p95 ?? f.supported_until_step].filter((v) => v !== null && v > 0));
  const range = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b)) * 1.1];
  const y = logScale(range, [bottom, top]);
  return s("svg", { width, height: HEIGHT + 24, viewBox: `0 0 ${width} ${HEIGHT + 24}`, "aria-hidden": "true" },
    xAxis(x, ticks, top, bottom),
    yAxis(y, logTicks(range, 5), left, right),
    forecasts.filter((f) => f.onset_step.p05 !== null).map((f) => whisker(f, x, y)),
    path(forecasts.map((f) => f.observed_until_step), forecasts.map((f) => f.observed_until_step), x, y, { class: "now-line" }),
    path(forecasts.map((f) => f.observed_until_step), forecasts.map((f) => f.onset_step.p50 ?? undefined), x, y, { class: "median-line" }),
    forecasts.filter((f) => f.onset_step.p50 !== null).map((f) => s("circle", { cx: x(f.observed_until_step), cy: y(f.onset_step.p50), r: 2.5, class: "median-dot" })));
}

/** Return the interval of one forecast; where it is open, to the end of what is supported. */
function whisker(forecast, x, y) {
  const { p05, p95 } = forecast.onset_step;
  const end = p95 ?? forecast.supported_until_step;
  const px = x(forecast.observed_until_step);
  return s("line", { x1: px, x2: px, y1: y(p05), y2: y(end), class: p95 === null ? "whisker open" : "whisker" });
}

function drawChances(forecasts, width) {
  if (!forecasts.length) return "";
  const { left, right, x, ticks } = xFrame(forecasts, width);
  const [top, bottom] = [8, HEIGHT];
  const y = linearScale([0, 1], [bottom, top]);
  const at = forecasts.map((f) => f.observed_until_step);
  const chances = forecasts.map((f) => f.probability_onset_by_horizon);
  return s("svg", { width, height: HEIGHT + 24, viewBox: `0 0 ${width} ${HEIGHT + 24}`, "aria-hidden": "true" },
    xAxis(x, ticks, top, bottom),
    yAxis(y, [0, 0.25, 0.5, 0.75, 1], left, right, value),
    path(at, chances, x, y, { class: "chance-line strong" }),
    forecasts.map((f, i) => s("circle", { cx: x(at[i]), cy: y(chances[i]), r: 2.5, class: "median-dot" })));
}
