// The list of runs, kept up to date by one stream for all of them.

import { announce, h } from "./elements.js";
import { ask, follow } from "./service.js";
import { sparkline } from "./sparkline.js";
import { PHASES, ago, headline, percent, steps } from "./words.js";

const STATES = { running: "running", finished: "finished", stopped_early: "stopped early", diverged: "diverged" };
const REST = 1000; // milliseconds between two looks at one run

/** Show the runs; call again to begin anew, for instance with another key. */
export function startRuns() {
  const list = document.getElementById("run-list");
  const empty = document.getElementById("no-runs");
  const more = document.getElementById("more-runs");
  const state = document.getElementById("runs-state");
  const rows = new Map(); // run_id -> row
  let stopped = new AbortController();
  let cursor = null;

  function show(summary, { old = false } = {}) {
    let row = rows.get(summary.run_id);
    if (!row) {
      row = runRow(summary.run_id);
      rows.set(summary.run_id, row);
      if (old) list.append(row.element);
      else list.prepend(row.element);
    }
    row.show(summary);
    empty.hidden = true;
  }

  function onEvent(name, data) {
    if (name === "run") show(data);
    else if (name === "deleted") {
      rows.get(data.run_id)?.remove();
      rows.delete(data.run_id);
      empty.hidden = rows.size > 0;
    }
  }

  function onState(name) {
    state.textContent = { live: "live", waiting: "connecting …", refused: "" }[name];
    state.className = `state ${name}`;
    // A new stream tells of every run again; what is not told of any more was deleted meanwhile.
    if (name === "live") {
      rows.forEach((row) => row.remove());
      rows.clear();
      empty.hidden = false;
      older().catch((problem) => (state.textContent = problem.message));
    }
  }

  /** Offer the runs that are older than those of the stream. */
  async function older() {
    const page = await ask("/v1/runs?limit=50");
    cursor = page.next_cursor;
    more.hidden = cursor === null;
  }

  more.addEventListener("click", async () => {
    const page = await ask(`/v1/runs?limit=50&cursor=${cursor}`);
    page.runs.forEach((summary) => show(summary, { old: true }));
    cursor = page.next_cursor;
    more.hidden = cursor === null;
  });

  return function begin() {
    stopped.abort();
    stopped = new AbortController();
    follow("/v1/events", { signal: stopped.signal, onEvent, onState });
  };
}

function runRow(runId) {
  const [state, curve, words, chance, updated] = ["state", "curve", "words", "chance", "updated"].map((name) => h("span", { class: name }));
  const link = h("a", { href: `#/runs/${encodeURIComponent(runId)}` }, runId);
  const element = h("li", { class: "run" }, h("span", { class: "name" }, link, state), curve, words, chance, updated);
  let phase;
  let timer = null;
  let isLooking = false;
  let isStale = false;

  async function look() {
    timer = null;
    if (isLooking) return void (isStale = true);
    isLooking = true;
    try {
      const { history, forecast } = await ask(`/v1/runs/${encodeURIComponent(runId)}`);
      if (history) curve.replaceChildren(sparkline(history, forecast));
      words.replaceChildren(forecast ? headline(forecast) : "No forecast yet", h("small", {}, PHASES[forecast?.phase] ?? ""));
      chance.textContent = forecast?.support.in_support && forecast.phase !== "generalized" ? percent(forecast.probability_onset_by_horizon) : "";
      if (forecast && phase && forecast.phase !== phase) announce(`${runId}: ${PHASES[forecast.phase] ?? "phase unknown"}. ${headline(forecast)}.`);
      phase = forecast?.phase;
      if (phase) element.dataset.phase = phase;
    } catch (problem) {
      words.textContent = problem.message;
    } finally {
      isLooking = false;
      if (isStale) soon();
      isStale = false;
    }
  }

  function soon() {
    timer ??= setTimeout(look, REST);
  }

  // Runs out of sight are not looked at: their points may be many.
  let isSeen = false;
  let isWanted = false;
  new IntersectionObserver((entries) => {
    isSeen = entries.at(-1).isIntersecting;
    if (isSeen && isWanted) {
      isWanted = false;
      look();
    }
  }).observe(element);

  return {
    element,
    remove() {
      clearTimeout(timer);
      element.remove();
    },
    show(summary) {
      const at = summary.observed_until_step;
      state.textContent = STATES[summary.status];
      state.className = `state ${summary.status === "running" ? "live" : ""}`;
      updated.textContent = at === null ? "no points yet" : `step ${steps(at)}, ${ago(summary.updated_at)}`;
      if (isSeen) soon();
      else isWanted = true;
    },
  };
}
