// The page, put together: which part is shown, and with whose key.

import { showComparison } from "./compare.js";
import { startDrop } from "./drop.js";
import { showForecaster } from "./forecaster.js";
import { startPlan } from "./plan.js";
import { showRun } from "./run.js";
import { startRuns } from "./runs.js";
import { hasKey, keepKey } from "./service.js";
import { address } from "./view_address.js";

const TITLE = document.title;
const [home, run, compare] = ["home", "run", "compare"].map((id) => document.getElementById(id));
const beginRuns = startRuns();
let left = new AbortController();

/** Show what the address names: `#/runs/ID` is a run, `#/compare` some of them, the name of a part of the page is the page itself. */
function route() {
  const name = address().path;
  const part = name && !name.startsWith("/") ? document.getElementById(name) : null;
  if (part && !home.contains(part)) return; // a link within what is shown
  left.abort();
  left = new AbortController();
  const runId = name.startsWith("/runs/") ? decodeURIComponent(name.slice("/runs/".length)) : null;
  compare.hidden = name !== "/compare";
  run.hidden = runId === null;
  home.hidden = !run.hidden || !compare.hidden;
  document.title = runId === null ? TITLE : `${runId} · ${TITLE}`;
  if (!home.hidden) return part?.scrollIntoView();
  scrollTo(0, 0);
  if (runId === null) showComparison(left.signal);
  else showRun(runId, left.signal);
}

function begin() {
  beginRuns();
  showForecaster();
  route();
}

const keyForm = document.getElementById("key-form");
const [key, keyNote, forget] = ["key", "key-note", "forget-key"].map((id) => document.getElementById(id));

function showKey(note = "") {
  forget.hidden = !hasKey();
  keyForm.hidden = !hasKey() && !note;
  keyNote.textContent = note || (hasKey() ? "This tab asks with a key." : "");
}

addEventListener("keyneeded", ({ detail }) => {
  const wasHidden = keyForm.hidden;
  showKey(`${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`);
  if (wasHidden) key.focus();
});
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(key.value.trim());
  key.value = "";
  showKey();
  begin();
});
forget.addEventListener("click", () => {
  keepKey("");
  showKey();
  begin();
});

// On a small screen the form would stand between the file and its forecast.
document.getElementById("context").open = !matchMedia("(max-width: 52rem)").matches;
addEventListener("hashchange", route);
showKey();
startDrop();
startPlan();
begin();
