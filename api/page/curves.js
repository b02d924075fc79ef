// The main chart: what a run has done, and what is forecast of it, over one axis of steps.

import { linearScale, logScale, logTicks, path, yAxis } from "./axes.js";
import { h, s } from "./elements.js";
import { smoothed } from "./smoothing.js";
import { unitsOf } from "./step_axis.js";
import { stepChart } from "./step_chart.js";
import { about, headline, said, steps, value } from "./words.js";

const ACCURACY = 230; // height of its panel
const LOSS = 100;
const GAP = 26;
const BOTTOM = 38;
let bands = 0; // drawn so far: each gradient has its own name

/**
 * Return a figure of a history and its forecast, and functions that show new ones and take settings of an address.
 *
 * `keep(settings)` is called with how it is drawn.
 */
export function curvesFigure(keep) {
  const legend = h("ul", { class: "legend" });
  const chart = stepChart({
    domain, draw, keep,
    stepsOf: ({ history }) => history.step,
    describe: described,
    saved: ({ name, history, forecast, context }) => ({ name, histories: [[name, history]], document: { context, history, forecast } }),
  });
  return {
    element: h("figure", { class: "curves" }, chart.elements, legend, chart.readout),
    set: chart.set,
    show(name, { history, context }, forecast) {
      legend.replaceChildren(...legendOf(history, forecast));
      chart.show({ name, history, forecast, context }, spoken(history, forecast), unitsOf(context, forecast.clock));
    },
  };
}

function spoken(history, forecast) {
  const onset = said(forecast, ["onset"]);
  const last = (name) => (history[name] ? `${name.replace("_", " ")} ${value(lastOf(history[name]))}` : null);
  const signals = ["train_acc", "val_acc", "train_loss", "val_loss"].map(last).filter(Boolean).join(", ");
  return `Curves of training and validation up to step ${steps(history.step.at(-1))}: ${signals}. ${headline(forecast)}. ${onset.map(({ text }) => `Onset: ${text}.`).join(" ")}`;
}

function lastOf(values) {
  return values.findLast((v) => v !== null) ?? null;
}

/** Return whether there is a forecast of this run to draw: none once it has generalised, nor where all of it is the average of others. */
function isForecast({ phase, support }) {
  return phase !== "generalized" && support.score > 0;
}

/** Return the quantiles that are drawn: the unconditional ones, or those given onset where the median is not within reach. */
function bandOf(forecast) {
  if (!isForecast(forecast)) return null;
  if (forecast.onset_step.p50 !== null) return { ...forecast.onset_step, given: false };
  return forecast.onset_step_if_onset.p50 === null ? null : { ...forecast.onset_step_if_onset, given: true };
}

function legendOf(history, forecast) {
  const band = bandOf(forecast);
  const entry = (kind, text) => h("li", {}, h("i", { class: `key ${kind}`, "aria-hidden": "true" }), text);
  return [
    (history.train_acc || history.train_loss) && entry("train", "training"),
    (history.val_acc || history.val_loss) && entry("val", "validation"),
    band && entry("band", band.given ? "onset, given onset by the horizon: 5–95 %, median" : "onset: 5–95 %, median"),
    forecast.curve.step.length > 0 && band && entry("chance", "probability of onset by a step"),
    entry("target", `target ${value(forecast.target_accuracy)}`),
  ].filter(Boolean);
}

/** Return the steps that are shown. On a linear axis what is far beyond the median would leave no room for the rest. */
function domain({ history, forecast }, isLinear) {
  const low = Math.max(1, history.step.find((step) => step > 0) ?? 1);
  const band = bandOf(forecast);
  const end = band ? (isLinear ? band.p50 : band.p95 ?? forecast.supported_until_step) : 0;
  const horizon = forecast.phase === "generalized" ? 0 : forecast.horizon_step;
  return [isLinear ? 0 : low, 1.05 * Math.max(history.step.at(-1), horizon, end, 10 * low)];
}

function described({ history, forecast }, at) {
  const parts = ["train_acc", "val_acc", "train_loss", "val_loss"].filter((name) => history[name])
    .map((name) => `${name} ${value(history[name][at])}`);
  const memorized = forecast.memorization_step === history.step[at] ? "; memorised here" : "";
  return `Step ${steps(history.step[at])}: ${parts.join(", ")}${memorized}`;
}

function draw(shown, axis, at, weight) {
  const { history, forecast } = shown;
  const { left, right, x, width } = axis;
  const losses = ["train_loss", "val_loss"].filter((name) => history[name]);
  const flags = flagsOf(shown, x, left, right);
  const top = 10 + 17 * (1 + Math.max(0, ...flags.map((flag) => flag.row)));
  const bottom = top + ACCURACY;
  const end = losses.length ? bottom + GAP + LOSS : bottom;
  const y = linearScale([0, 1], [bottom, top]);
  const loss = lossScale(history, losses, [end, bottom + GAP]);
  return s("svg", { width, height: end + BOTTOM, viewBox: `0 0 ${width} ${end + BOTTOM}`, "aria-hidden": "true" },
    axis.clipped(0, end, band(shown, x, top, end)),
    axis.drawn(top, end),
    yAxis(y, [0, 0.25, 0.5, 0.75, 1], left, right),
    s("line", { x1: left, x2: right, y1: y(forecast.target_accuracy), y2: y(forecast.target_accuracy), class: "target-line" }),
    loss && [yAxis(loss, logTicks(loss.domain, 4), left, right), s("text", { x: left + 4, y: bottom + GAP - 7, class: "axis-name" }, "loss")],
    axis.clipped(0, end,
      chanceLine(forecast, x, y, x.back(right)),
      ["train", "val"].filter((split) => history[`${split}_acc`]).map((split) => line(history, `${split}_acc`, x, y, weight)),
      loss && losses.map((name) => line(history, name, x, loss, weight))),
    flags.map((flag) => flagMark(flag, end)),
    at === null ? null : axis.clipped(0, end, cursor(history, at, x, y, top, end)),
  );
}

/** Return the curve of a signal; smoothed, with the values themselves behind it. */
function line(history, name, x, y, weight) {
  const kind = `${name.split("_")[0]}-line`;
  return [
    weight > 0 && path(history.step, history[name], x, y, { class: `${kind} raw` }),
    path(history.step, smoothed(history[name], weight), x, y, { class: kind }),
  ];
}

function chanceLine(forecast, x, y, end) {
  const { curve, observed_until_step: now } = forecast;
  if (!isForecast(forecast)) return null;
  const at = curve.step.filter((step) => step <= end);
  return path([now, ...at], [0, ...curve.probability_onset.slice(0, at.length)], x, y, { class: "chance-line" });
}

function band(shown, x, top, end) {
  const quantiles = bandOf(shown.forecast);
  if (!quantiles) return null;
  const from = x(quantiles.p05);
  // An open end fades out: what is known ends there, and the onset may lie beyond.
  const open = quantiles.p95 === null;
  const to = open ? x(shown.forecast.supported_until_step) : x(quantiles.p95);
  const fading = `fading-${++bands}`;
  return [
    s("linearGradient", { id: fading }, [[0, 1], [0.6, 0.8], [1, 0]].map(([offset, opacity]) => s("stop", { offset, "stop-opacity": opacity, class: "band-stop" }))),
    s("rect", { x: from, y: top, width: Math.max(2, to - from), height: end - top, class: open ? "open-band" : quantiles.given ? "given" : "band", fill: open ? `url(#${fading})` : null }),
  ];
}

/** Return the marked steps with their names, in rows where they would otherwise write over each other. */
function flagsOf({ history, forecast }, x, left, right) {
  const quantiles = bandOf(forecast);
  const now = forecast.observed_until_step;
  const marks = [
    forecast.phase === "generalized" && { at: forecast.onset_step.p50, kind: "median", text: `onset ${steps(forecast.onset_step.p50)}` },
    { at: now, kind: "now", text: `now ${steps(now)}` },
    quantiles && { at: quantiles.p50, kind: quantiles.given ? "median given" : "median", text: `${quantiles.given ? "if it comes" : "median"} ${about(quantiles.p50)}` },
    forecast.phase !== "generalized" && { at: forecast.horizon_step, kind: "horizon", text: `horizon ${steps(forecast.horizon_step)}` },
    forecast.memorization_step !== null && { at: forecast.memorization_step, kind: "memorised", text: `memorised ${steps(forecast.memorization_step)}` },
  ].filter((mark) => mark && mark.at !== null && x(mark.at) >= left - 1 && x(mark.at) <= right + 1);
  const rows = [];
  return marks.sort((a, b) => a.at - b.at).map((mark) => {
    const px = x(mark.at);
    const size = mark.text.length * 7.3;
    const middle = Math.min(right - size / 2, Math.max(left + size / 2, px));
    const found = rows.findIndex((end) => end < middle - size / 2 - 8);
    const row = found === -1 ? rows.length : found;
    rows[row] = middle + size / 2;
    return { ...mark, px, middle, row };
  });
}

function flagMark({ px, middle, row, kind, text }, end) {
  return s("g", { class: `flag ${kind}` },
    s("line", { x1: px, x2: px, y1: 18 + 17 * row, y2: end }),
    s("text", { x: middle, y: 13 + 17 * row, "text-anchor": "middle" }, text));
}

/** Return the scale of losses, and its domain; null where none is above 0. */
function lossScale(history, names, range) {
  const values = names.flatMap((name) => history[name].filter((v) => v !== null && v > 0));
  if (!values.length) return null;
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const domain = [low, Math.max(high, low * 1.1)];
  return Object.assign(logScale(domain, range), { domain });
}

function cursor(history, at, x, y, top, end) {
  const px = x(history.step[at]);
  const dot = (split) => (history[`${split}_acc`]?.[at] ?? null) !== null && s("circle", { cx: px, cy: y(history[`${split}_acc`][at]), r: 4, class: `${split}-dot` });
  return s("g", { class: "cursor" }, s("line", { x1: px, x2: px, y1: top, y2: end }), dot("train"), dot("val"));
}
