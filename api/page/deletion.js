// Runs are deleted a while after they were told to be: until then that can be undone.

import { h } from "./elements.js";
import { ask } from "./service.js";

const WAIT = 10_000; // milliseconds; longer while the offer is pointed at or focused
const going = new Set();
const note = h("span");
const undo = h("button", { type: "button", class: "quiet", click: () => finish(false) }, "Undo");
let timer = null;

/** Return whether a run is on its way out: it is shown no more. */
export function isGoing(runId) {
  return going.has(runId);
}

/** Delete runs, unless that is undone in time. */
export function deleteLater(runIds) {
  finish(true);
  runIds.forEach((runId) => going.add(runId));
  note.textContent = `${runIds.length === 1 ? runIds[0] : `${runIds.length} runs`} deleted.`;
  undo.hidden = place().hidden = false;
  wait();
  tell();
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => finish(true), WAIT);
}

function place() {
  const found = document.getElementById("undo");
  if (!note.isConnected) {
    found.append(note, undo);
    for (const name of ["pointerenter", "focusin"]) found.addEventListener(name, () => clearTimeout(timer));
    for (const name of ["pointerleave", "focusout"]) found.addEventListener(name, () => going.size && wait());
  }
  return found;
}

/** Tell the page that runs are on their way out, or back, and which are deleted now. */
function tell(deleted = []) {
  dispatchEvent(new CustomEvent("runsgone", { detail: deleted }));
}

async function finish(isMeant) {
  clearTimeout(timer);
  const runIds = [...going];
  if (!runIds.length) return;
  place().hidden = true;
  const faults = isMeant ? await Promise.all(runIds.map(deleteNow)) : [];
  runIds.forEach((runId) => going.delete(runId));
  const fault = faults.find(Boolean);
  const deleted = isMeant ? runIds.filter((_, k) => !faults[k]) : [];
  if (fault) {
    note.textContent = fault;
    undo.hidden = true;
    place().hidden = false;
  }
  tell(deleted);
}

async function deleteNow(runId) {
  try {
    await ask(`/v1/runs/${encodeURIComponent(runId)}`, { method: "DELETE", keepalive: true });
    return null;
  } catch (problem) {
    return problem.status === 404 ? null : problem.message;
  }
}

// Whoever leaves the page has not undone it.
addEventListener("pagehide", () => finish(true));
