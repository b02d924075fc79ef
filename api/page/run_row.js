// A line of the list of runs.

import { h } from "./elements.js";
import { Problem, ask } from "./service.js";
import { sparkline } from "./sparkline.js";
import { STATES, about, ago, percent, steps, verdict } from "./words.js";

/** Return the line of a run: its element, and `show(run, isChosen)`; `choose(isChosen)` is called when its box is ticked. */
export function runRow(runId, choose) {
  const tick = h("input", { type: "checkbox", "aria-label": `Select ${runId}`, change: () => choose(tick.checked) });
  const state = h("small", { class: "state" });
  const cell = (name, ...content) => h("td", { class: name, role: "cell" }, content);
  const [curve, advice, chance, onset, seen] = ["curve", "advice", "chance", "onset", "seen"].map((name) => cell(name));
  const name = h("th", { class: "name", scope: "row", role: "rowheader" }, h("a", { href: `#/runs/${encodeURIComponent(runId)}` }, runId), " ", state);
  const element = h("tr", { class: "run", role: "row" }, cell("box", tick), name, curve, advice, chance, onset, seen);
  let shown = null;
  let drawn = null; // revision of the points that the curve is of
  let isSeen = false;

  /** Draw the curve; those out of sight are not read: their points may be many. */
  async function draw() {
    if (!isSeen || !shown?.points || drawn === shown.revision) return;
    drawn = shown.revision;
    try {
      const { history } = await ask(`/v1/runs/${encodeURIComponent(runId)}`);
      if (history) curve.replaceChildren(sparkline(history, isOpen(shown.newest_forecast) ? shown.newest_forecast.median_onset_step : null));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      drawn = null; // the list says what is wrong; at the next change it is tried again
    }
  }

  new IntersectionObserver((entries) => {
    isSeen = entries.at(-1).isIntersecting;
    draw();
  }).observe(curve);

  return {
    element,
    show(run, isChosen) {
      tick.checked = isChosen;
      const at = run.observed_until_step;
      seen.replaceChildren(h("span", { class: "at" }, at === null ? "no points yet, " : `step ${steps(at)}, `), ago(run.updated_at));
      if (run === shown) return;
      shown = run;
      const forecast = run.newest_forecast;
      const { kind, text } = verdict(forecast);
      state.textContent = run.stop_requested !== null && run.status === "running" ? `${STATES.running}, stop requested` : STATES[run.status];
      element.classList.toggle("over", run.status !== "running");
      advice.replaceChildren(h("i", { class: `dot ${kind}`, "aria-hidden": "true" }), text);
      chance.textContent = isOpen(forecast) ? percent(forecast.probability_onset_by_horizon) : "";
      onset.textContent = onsetOf(forecast);
      draw();
    },
  };
}

/** Return whether there is something to come that is forecast. */
function isOpen(forecast) {
  return forecast !== null && forecast.phase !== "generalized" && forecast.in_support;
}

/** Return the onset in a few words: observed, its median, or the step beyond which it lies. */
function onsetOf(forecast) {
  const median = forecast?.median_onset_step ?? null;
  if (forecast?.phase === "generalized") return `at ${steps(median)}`;
  if (!isOpen(forecast)) return "";
  return median === null ? `> ${about(forecast.supported_until_step)}` : `~ ${about(median)}`;
}
