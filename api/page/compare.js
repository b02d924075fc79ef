// Several runs in one chart, and what their contexts differ in, side by side: what is pointed at is marked everywhere.

import { linearScale, logScale, logTicks, path, yAxis } from "./axes.js";
import { h, s } from "./elements.js";
import { ask } from "./service.js";
import { smoothed } from "./smoothing.js";
import { unitsOf } from "./step_axis.js";
import { stepChart } from "./step_chart.js";
import { address, remember } from "./view_address.js";
import { headline, percent, steps, value, verdict } from "./words.js";

export const MOST = 12; // runs; more could not be told apart
const PATH = "/compare";
const SIGNALS = ["val_acc", "train_acc", "val_loss", "train_loss"];
const [TOP, HEIGHT, BOTTOM] = [10, 300, 38];

/** Return the address of runs beside each other. */
export function comparison(runIds) {
  return `#${PATH}?${new URLSearchParams(runIds.map((runId) => ["run", runId]))}`;
}

/** Show runs beside each other until the signal aborts. */
export async function showComparison(signal) {
  const { settings } = address();
  const runIds = [...new Set(settings.getAll("run"))].slice(0, MOST);
  const [note, body] = ["compare-note", "compare-body"].map((id) => document.getElementById(id));
  document.getElementById("compare-title").focus();
  body.replaceChildren();
  note.textContent = "";
  const answers = await Promise.allSettled(runIds.map((runId) => ask(`/v1/runs/${encodeURIComponent(runId)}`, { signal })));
  if (signal.aborted) return;
  const runs = answers.flatMap(({ value: run }, k) => (run?.history ? [{ ...run, colour: k }] : []));
  const left = runIds.filter((_, k) => (answers[k].reason?.status ?? 404) === 404 && !answers[k].value?.history);
  const faults = answers.flatMap(({ reason }) => (reason && reason.status !== 404 ? `${reason.message}.` : []));
  note.textContent = [left.length && `Without points, or not found: ${left.join(", ")}.`, ...faults, !runIds.length && "Select runs in the list to compare them."].filter(Boolean).join(" ");
  if (runs.length) body.replaceChildren(chartOf(runs, settings), tableOf(runs));
  markTogether(body, signal);
}

function chartOf(runs, settings) {
  const signals = [...new Set([...SIGNALS, ...runs.flatMap(({ history }) => Object.keys(history))])].filter((name) => !["step", "time"].includes(name) && runs.some(({ history }) => history[name]));
  const choice = h("select", { "aria-label": "Signal", change: () => {
    remember(PATH, { signal: choice.value === signals[0] ? "" : choice.value });
    show();
  } }, signals.map((name) => h("option", { value: name, selected: name === settings.get("signal") }, name)));
  const all = [...new Set(runs.flatMap(({ history }) => history.step))].sort((a, b) => a - b);
  let figure = null;
  const chart = stepChart({
    domain: (_, isLinear) => [isLinear ? 0 : Math.max(1, all.find((step) => step > 0) ?? 1), 1.05 * Math.max(10, all.at(-1))],
    stepsOf: () => all,
    draw: ({ signal }, axis, at, weight) => draw(runs, signal, axis, at === null ? null : all[at], weight),
    describe: ({ signal }, at) => `Step ${steps(all[at])}: ${runs.map((run) => `${run.run_id} ${value(valueAt(run, signal, all[at]))}`).join(", ")}`,
    saved: ({ signal }) => ({
      name: `compared ${signal}`,
      histories: runs.map(({ run_id: name, history }) => [name, history]),
      document: runs.map(({ run_id, context, history, forecast }) => ({ run_id, context, history, forecast })),
    }),
    keep: (chosen) => remember(PATH, chosen),
    pointed: ({ signal }, axis, px, py) => mark(figure.parentElement, nearestRun(runs, signal, axis, px, py)),
  });
  chart.set(settings);
  const shared = (of) => (new Set(runs.map(of)).size === 1 ? of(runs[0]) : undefined);
  const units = unitsOf({ steps_per_epoch: shared(({ context }) => context.steps_per_epoch) }, { seconds_per_step: shared(({ forecast }) => forecast?.clock?.seconds_per_step) });
  const show = () => chart.show({ signal: choice.value }, spoken(runs, choice.value), units);
  const legend = h("ul", { class: "legend" }, runs.map(({ run_id: name, colour }) => h("li", { "data-run": name }, key(colour), name)));
  figure = h("figure", { class: "curves" }, h("div", { class: "signal" }, choice), chart.elements, legend, chart.readout);
  show();
  return figure;
}

function key(colour) {
  return h("i", { class: `key run-${colour}`, "aria-hidden": "true" });
}

function spoken(runs, signal) {
  return `${signal} of ${runs.length} runs: ${runs.map((run) => `${run.run_id} ${value(run.history[signal]?.findLast((v) => v !== null))} at step ${steps(run.history.step.at(-1))}`).join("; ")}`;
}

function scaleOf(runs, signal) {
  const range = [TOP + HEIGHT, TOP];
  if (signal.endsWith("_acc")) return { y: linearScale([0, 1], range), ticks: [0, 0.25, 0.5, 0.75, 1] };
  const values = runs.flatMap(({ history }) => history[signal] ?? []).filter((v) => v !== null);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (low > 0) return { y: logScale([low, Math.max(high, 1.1 * low)], range), ticks: logTicks([low, high], 6) };
  const span = high - low || 1;
  return { y: linearScale([low, low + span], range), ticks: [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * span) };
}

function draw(runs, signal, axis, at, weight) {
  const { x, left, right, width } = axis;
  const { y, ticks } = scaleOf(runs, signal);
  const end = TOP + HEIGHT;
  const lines = runs.filter(({ history }) => history[signal]).map(({ run_id: name, history, colour }) => s("g", { "data-run": name },
    weight > 0 && path(history.step, history[signal], x, y, { class: `run-line raw run-${colour}` }),
    path(history.step, smoothed(history[signal], weight), x, y, { class: `run-line run-${colour}` })));
  return s("svg", { width, height: end + BOTTOM, viewBox: `0 0 ${width} ${end + BOTTOM}`, "aria-hidden": "true" },
    axis.drawn(TOP, end),
    yAxis(y, ticks, left, right),
    axis.clipped(0, end, lines, at !== null && s("g", { class: "cursor" }, s("line", { x1: x(at), x2: x(at), y1: TOP, y2: end }))));
}

/** Return the value of a signal at a step, or at the last before it; null before the first and after the end of a run. */
function valueAt({ history }, signal, step) {
  const values = history[signal];
  if (!values || step > history.step.at(-1)) return null;
  const before = history.step.findLastIndex((each, k) => each <= step && values[k] !== null);
  return before === -1 ? null : values[before];
}

function nearestRun(runs, signal, { x }, px, py) {
  const { y } = scaleOf(runs, signal);
  const known = runs.map((run) => [run.run_id, valueAt(run, signal, x.back(px))]).filter(([, found]) => found !== null);
  return known.sort(([, a], [, b]) => Math.abs(y(a) - py) - Math.abs(y(b) - py))[0]?.[0] ?? null;
}

function tableOf(runs) {
  const names = [...new Set(runs.flatMap(({ context }) => Object.keys(context)))];
  const isSame = (name) => new Set(runs.map(({ context }) => shown(context[name]))).size === 1;
  const differ = names.filter((name) => !isSame(name));
  const same = names.filter(isSame).map((name) => `${name.replaceAll("_", " ")} ${shown(runs[0].context[name])}`);
  const row = (title, of) => h("tr", {}, h("th", { scope: "row" }, title), runs.map((run) => h("td", { "data-run": run.run_id }, of(run))));
  return h("section", { "aria-labelledby": "differences" }, h("h2", { id: "differences" }, "Side by side"),
    h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Runs side by side" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Run"), runs.map(({ run_id: name, colour }) =>
        h("th", { scope: "col", "data-run": name }, key(colour), h("a", { href: `#/runs/${encodeURIComponent(name)}` }, name))))),
      h("tbody", {},
        row("Advice", ({ forecast }) => adviceOf(forecast)),
        row("P", ({ forecast }) => (forecast?.support.in_support && forecast.phase !== "generalized" ? percent(forecast.probability_onset_by_horizon) : "–")),
        row("Median onset", ({ forecast }) => onsetOf(forecast)),
        row("Last step", ({ history }) => steps(history.step.at(-1))),
        differ.map((name) => row(name.replaceAll("_", " "), ({ context }) => shown(context[name])))))),
    same.length > 0 && h("p", { class: "note" }, `The same in all: ${same.join(", ")}.`));
}

function shown(found) {
  return typeof found === "number" ? String(Number(found.toPrecision(6))) : String(found ?? "not given");
}

function adviceOf(forecast) {
  const { kind, text } = verdict(forecast && { phase: forecast.phase, in_support: forecast.support.in_support, action: forecast.advice.action });
  return h("span", { title: forecast ? headline(forecast) : null }, h("i", { class: `dot ${kind}`, "aria-hidden": "true" }), text);
}

function onsetOf(forecast) {
  if (!forecast || (!forecast.support.in_support && forecast.phase !== "generalized")) return "–";
  const median = forecast.onset_step.p50;
  return median === null ? `> ${steps(forecast.supported_until_step)}` : steps(median);
}

/** Mark a run wherever it is shown; null marks none. */
function mark(body, runId) {
  for (const element of body.querySelectorAll("[data-run]")) {
    element.classList.toggle("marked", element.dataset.run === runId);
    element.classList.toggle("faded", runId !== null && element.dataset.run !== runId);
  }
}

function markTogether(body, signal) {
  const runOf = ({ target }) => target.closest("[data-run]")?.dataset.run ?? null;
  for (const name of ["pointerover", "focusin"])
    body.addEventListener(name, (event) => event.target.closest(".chart") === null && mark(body, runOf(event)), { signal });
  for (const name of ["pointerleave", "focusout"]) body.addEventListener(name, () => mark(body, null), { signal });
}
