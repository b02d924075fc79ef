// One live run: its curves and all its forecasts, growing as points come in.

import { short } from "./axes.js";
import { isGoing } from "./deletion.js";
import { announce, fill } from "./elements.js";
import { forecastView } from "./forecast_view.js";
import { runActions } from "./run_actions.js";
import { ask, follow } from "./service.js";
import { address, remember } from "./view_address.js";
import { STATES, ago, headline, steps } from "./words.js";

const QUIET = 10_000; // milliseconds between two announcements: a fast run would never stop talking

/** Show a run until the signal aborts. */
export async function showRun(runId, signal) {
  const path = `/v1/runs/${encodeURIComponent(runId)}`;
  const place = `/runs/${encodeURIComponent(runId)}`;
  const view = forecastView((settings) => remember(place, settings));
  view.set(address().settings);
  const [title, note, acts, damages, body] = ["run-title", "run-note", "run-acts", "run-damaged", "run-body"].map((id) => document.getElementById(id));
  const actions = runActions(() => look().catch(fail));
  title.textContent = runId;
  note.textContent = "";
  acts.replaceChildren();
  fill(damages, []);
  body.replaceChildren();
  title.focus();
  addEventListener("runsgone", () => isGoing(runId) && (location.hash = "#/"), { signal });
  let forecasts = [];
  let unread = []; // what is wrong with forecasts that cannot be read, in the service's words
  let run = null;
  let isLooking = false;
  let isStale = false;
  let announced = 0;

  function render() {
    const kept = forecasts.filter((made) => !made.rewound).map((made) => made.forecast);
    const newest = kept.at(-1) ?? run.forecast;
    note.textContent = [describe(run), settings(run)].filter(Boolean).join(" · ");
    if (!actions.element.isConnected) acts.replaceChildren(actions.element);
    actions.show([run]);
    fill(damages, [...new Set([...unread, ...run.damaged])]);
    if (!run.history || !newest) {
      const missing = run.damaged.length ? "No forecast that can be read: the next points make one." : "No forecast yet: it needs three checkpoints and ten steps.";
      body.textContent = run.history ? missing : "No points yet.";
      return;
    }
    if (!view.element.isConnected) body.replaceChildren(view.element);
    view.show(runId, run, newest, kept);
    if (Date.now() - announced > QUIET) {
      announce(`${runId}, step ${steps(newest.observed_until_step)}: ${headline(newest)}.`);
      announced = Date.now();
    }
  }

  async function look() {
    if (isLooking) return void (isStale = true);
    isLooking = true;
    do {
      isStale = false;
      const rewinds = run?.rewinds;
      run = await ask(path, { signal });
      if (run.rewinds !== rewinds) [forecasts, unread] = await readTimeline(path, signal);
      render();
    } while (isStale);
    isLooking = false;
  }

  try {
    await look();
    await follow(`${path}/events`, {
      signal,
      since: String(forecasts.at(-1)?.id ?? 0),
      onState(name, problem) {
        if (problem?.status) note.textContent = problem.message;
      },
      onEvent(name, data) {
        if (name === "forecast" && !forecasts.some((made) => made.id === data.id)) forecasts.push(data);
        if (name === "deleted") {
          acts.replaceChildren();
          body.replaceChildren();
          note.textContent = "This run was deleted.";
        } else look().catch(fail);
      },
    });
  } catch (problem) {
    fail(problem);
  }

  function fail(problem) {
    isLooking = false;
    if (!signal.aborted) note.textContent = problem.message;
  }
}

/** Return all forecasts of a run, those from points that were taken back since marked, and what is wrong with those that are damaged. */
async function readTimeline(path, signal) {
  const [forecasts, unread] = [[], []];
  for (let cursor = 0; cursor !== null; ) {
    const page = await ask(`${path}/forecasts?limit=500&cursor=${cursor}`, { signal });
    forecasts.push(...page.forecasts);
    unread.push(...page.damaged);
    cursor = page.next_cursor;
  }
  return [forecasts, unread];
}

function describe(run) {
  const seen = run.observed_until_step === null ? "" : `, ${steps(run.points)} checkpoints up to step ${steps(run.observed_until_step)}`;
  const stop = run.stop_requested === null ? "" : `, to be stopped: ${run.stop_requested}`;
  return `${STATES[run.status]}${stop}${seen}, ${ago(run.updated_at)}`;
}

function settings({ context }) {
  return Object.entries(context).slice(0, 8).map(([name, found]) => `${name.replaceAll("_", " ")} ${typeof found === "number" ? short(found) : found}`).join(", ");
}
