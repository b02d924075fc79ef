// A history that was dropped, kept as a run of the service.

import { h } from "./elements.js";
import { Problem, ask } from "./service.js";

/** Return a form that keeps as a run what `asked()` returns: a request of a forecast. `offer(name)` proposes a name. */
export function keepForm(asked) {
  const name = h("input", { name: "run_id", maxlength: 128, autocomplete: "off", spellcheck: "false", required: true });
  const refusal = h("p", { class: "refusal", role: "alert" });
  const form = h("form", { class: "keep", novalidate: true, submit: (event) => {
    event.preventDefault();
    send(name.value.trim());
  } }, h("label", {}, "Keep as a run named ", name), h("button", { class: "quiet" }, "Keep"), refusal);

  async function send(runId) {
    refusal.textContent = "";
    try {
      await keep(runId, asked());
      location.hash = `#/runs/${encodeURIComponent(runId)}`;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refusal.textContent = problem.message;
      name.focus();
    }
  }

  return {
    element: form,
    offer(title) {
      refusal.textContent = "";
      name.value = title.replace(/\.\w{1,7}$/, "").replaceAll(/[^\w.:+=@~-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 128) || "dropped";
    },
  };
}

async function keep(runId, { history, ...settings }) {
  const path = `/v1/runs/${encodeURIComponent(runId)}`;
  if (!runId || (await isTaken(path))) throw new Problem({ detail: runId ? `There is a run ${runId} already; choose another name.` : "A run needs a name." });
  await ask(path, { method: "PUT", body: settings });
  try {
    await ask(`${path}/metrics`, { body: { history } });
  } catch (problem) {
    await ask(path, { method: "DELETE" }); // a run without its points is of no use
    throw problem;
  }
}

async function isTaken(path) {
  try {
    await ask(`${path}?history=false`);
    return true;
  } catch (problem) {
    if (problem.status === 404) return false;
    throw problem;
  }
}
