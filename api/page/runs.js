// The runs of the key, kept up to date: all of them read at first, and what a stream tells of after that.

import { announce, fill } from "./elements.js";
import { runTable } from "./run_table.js";
import { ask, follow } from "./service.js";
import { address } from "./view_address.js";
import { PHASES, percent } from "./words.js";

const REST = 1000; // milliseconds between two looks at the newest runs
const REREAD = 60_000; // and at all of them: the stream tells of the newest alone
const [FIRST, PAGE] = [50, 500];

/** Show the runs; call `begin` again to begin anew, for instance with another key. */
export function startRuns() {
  const [empty, state, damages] = ["no-runs", "runs-state", "damaged-runs"].map((id) => document.getElementById(id));
  const runs = new Map(); // run_id -> run as it is listed
  const gone = new Set(); // names that were deleted: an answer that is on its way may hold them still
  const table = runTable(() => soon());
  let damaged = new Set(); // what is wrong with runs that cannot be read, in the service's words
  let stopped = new AbortController();
  let timer = null;
  let newest = 0; // when the newest was made that was read

  function render() {
    empty.hidden = runs.size + damaged.size > 0;
    fill(damages, [...damaged]);
    table.show([...runs.values()].sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at)));
  }

  function forget(names) {
    for (const name of names) {
      runs.delete(name);
      gone.add(name);
    }
    render();
  }

  function take(found) {
    if (gone.has(found.run_id)) return;
    const before = runs.get(found.run_id);
    const [then, now] = [before?.newest_forecast, found.newest_forecast];
    if (then && now && then.phase !== now.phase) announce(`${found.run_id}: ${PHASES[now.phase] ?? "phase unknown"}, ${percent(now.probability_onset_by_horizon)} to generalise.`);
    if (JSON.stringify(before) !== JSON.stringify(found)) runs.set(found.run_id, found);
  }

  /** Read the runs that are new and at least the newest, or all of them; then those that are not there any more are forgotten. */
  async function read(isAll, signal) {
    const seen = new Set();
    const found = new Set(isAll ? [] : damaged);
    const until = newest;
    for (let cursor = ""; cursor !== null; ) {
      const page = await ask(`/v1/runs?limit=${cursor ? PAGE : FIRST}${cursor && `&cursor=${cursor}`}`, { signal });
      page.runs.forEach((run) => {
        take(run);
        seen.add(run.run_id);
        newest = Math.max(newest, Date.parse(run.created_at));
      });
      page.damaged.forEach((text) => found.add(text));
      cursor = isAll || Date.parse(page.runs.at(-1)?.created_at) > until ? page.next_cursor : null;
      if (cursor !== null) render(); // the first of many, at once
    }
    damaged = found;
    if (isAll) for (const name of runs.keys()) if (!seen.has(name)) runs.delete(name);
    render();
    if ([...runs.values()].some(isBehind)) soon();
  }

  const look = (isAll) => read(isAll, stopped.signal).catch((problem) => problem.name !== "AbortError" && (state.textContent = problem.message));

  function soon() {
    timer ??= setTimeout(() => {
      timer = null;
      look(false);
    }, REST);
  }

  function onEvent(name, data) {
    if (name === "deleted") forget([data.run_id]);
    else if (name === "run") {
      gone.delete(data.run_id);
      runs.set(data.run_id, { newest_forecast: null, ...runs.get(data.run_id), ...data });
      render();
      soon(); // its forecast
    }
  }

  function onState(name) {
    state.textContent = { live: "live", waiting: "connecting …", refused: "" }[name];
    state.className = `state ${name}`;
    if (name === "live") look(true);
    if (name === "refused") {
      runs.clear();
      damaged.clear();
      render();
    }
  }

  setInterval(() => !document.hidden && state.classList.contains("live") && look(true), REREAD);
  addEventListener("hashchange", () => table.set(address()));
  addEventListener("runsgone", ({ detail: deleted }) => forget(deleted));

  return function begin() {
    stopped.abort();
    stopped = new AbortController();
    follow("/v1/events", { signal: stopped.signal, onEvent, onState });
  };
}

/** Return whether points came in moments ago that the newest forecast has not seen: it is on its way. */
function isBehind({ newest_forecast: forecast, observed_until_step: at, points, updated_at: updated }) {
  return points > 2 && forecast?.observed_until_step !== at && Date.now() - Date.parse(updated) < 10_000;
}
