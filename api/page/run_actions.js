// What can be done with runs: request that they stop, say how they ended, delete them.

import { deleteLater } from "./deletion.js";
import { announce, h } from "./elements.js";
import { ask } from "./service.js";
import { ENDS } from "./words.js";

const REASON = "requested on the page";

/** Return buttons for runs, and a function that shows those which apply; `done()` is called when something was changed. */
export function runActions(done) {
  const note = h("span", { class: "refusal", role: "alert" });
  const ends = h("select", { "aria-label": "How it ended" }, Object.entries(ENDS).map(([value, name]) => h("option", { value }, name)));
  const button = (text, act) => h("button", { type: "button", class: "quiet", click: act }, text);
  let runs = [];

  const actions = [
    [button("Request a stop", () => each("stop requested", isStoppable, (path) => ask(`${path}/stop`, { method: "PUT", body: { reason: REASON } }))), isStoppable],
    [button("Withdraw the stop", () => each("stop withdrawn", isAsked, (path) => ask(`${path}/stop`, { method: "DELETE" }))), isAsked],
    [h("span", { class: "end" }, button("Finish", () => each(ENDS[ends.value], isRunning, (path) => ask(`${path}/outcome`, { method: "PUT", body: { status: ends.value } }))), ends), isRunning],
    [button("Delete", () => deleteLater(runs.map(({ run_id: name }) => name))), () => true],
  ];

  async function each(said, applies, act) {
    const chosen = runs.filter(applies);
    const answers = await Promise.allSettled(chosen.map(({ run_id: name }) => act(`/v1/runs/${encodeURIComponent(name)}`)));
    const faults = answers.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message);
    note.textContent = faults[0] ?? "";
    if (!faults.length) announce(`${chosen.length === 1 ? chosen[0].run_id : `${chosen.length} runs`}: ${said}.`);
    done();
  }

  return {
    element: h("div", { class: "actions" }, actions.map(([element]) => element), note),
    show(chosen) {
      runs = chosen;
      for (const [element, applies] of actions) element.hidden = !runs.some(applies);
    },
  };
}

function isRunning({ status }) {
  return status === "running";
}

function isAsked({ stop_requested: reason }) {
  return reason !== null;
}

function isStoppable(run) {
  return isRunning(run) && !isAsked(run);
}
