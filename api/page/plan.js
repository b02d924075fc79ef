// Before training: settings typed into a form, several values where they are to be compared, and a table of what each would do.

import { announce, h } from "./elements.js";
import { number } from "./numbers.js";
import { capital, clearFaults, inWords } from "./question_form.js";
import { ask } from "./service.js";
import { percent, steps, value } from "./words.js";

const QUESTION = new Set(["budget_step", "wanted_probability", "seconds_per_step"]); // one value each, beside the grid
const WORDS = new Set(["task_family", "operation", "architecture", "optimizer"]);
const COLUMNS = ["P", "Memorised at", "Median onset", "90 % interval", "Likeliest", "Expected steps", "Hours"];

/** Answer the form whenever it is sent. */
export function startPlan() {
  const form = document.getElementById("plan-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    plan(form);
  });
  form.addEventListener("change", ({ target }) => {
    if (target.name) target.value = read(target).join(", "); // 0,001 is one number, and 97, 113 are two
  });
}

async function plan(form) {
  const body = document.getElementById("plan-body");
  clearFaults(form);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await ask("/v1/plans", { body: question(form) });
    body.replaceChildren(recommendation(answer), table(answer), notes(answer));
    announce(answer.recommendation);
  } catch (problem) {
    if (!problem.faults) throw problem;
    body.replaceChildren();
    showFault(form, problem.faults[0]);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function question(form) {
  const asked = { grid: {} };
  for (const field of form.querySelectorAll("[name]")) {
    const values = read(field);
    if (!values.length) continue;
    if (QUESTION.has(field.name)) asked[field.name] = values.length === 1 ? values[0] : field.value;
    else asked.grid[field.name] = values;
  }
  return asked;
}

/** Return what a field says: words or numbers, divided by commas where it is not one number as a whole. */
function read({ name, value: text }) {
  const whole = WORDS.has(name) ? text : number(text.trim());
  if (typeof whole === "number") return [whole];
  const parts = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
  return WORDS.has(name) ? parts : parts.map(number);
}

function showFault(form, fault) {
  const field = form.elements[(fault.field ?? "").replace(/^(context|grid)\./, "")];
  const shown = h("p", { class: "fault", id: "plan-fault", role: "alert" }, inWords({ named: (fault.field ?? "").replace(/^grid\.?/, ""), ...fault }));
  (field ?? form.querySelector("button")).after(shown);
  field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-describedby", "plan-fault");
  field?.focus();
}

function recommendation({ recommendation: text }) {
  return h("p", { class: "headline" }, `${capital(text)}.`);
}

function table({ settings, cheapest, shared }) {
  const names = Object.keys(settings[0].setting);
  const columns = settings[0].expected_hours === null ? COLUMNS.slice(0, -1) : COLUMNS;
  const head = names.length ? names.map(worded) : ["Setting"];
  const alone = Object.values(shared).join(", ");
  const rows = settings.map((item, k) => {
    const said = names.length ? names.map((name) => item.setting[name] ?? "not given") : [alone];
    const [first, ...others] = said;
    return h("tr", { class: k === cheapest ? "own" : null },
      h("th", { scope: "row" }, String(first), k === cheapest && h("small", {}, " cheapest")),
      others.map((text) => h("td", {}, String(text))), cells(item, columns.length));
  });
  return h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Plans by setting" }, h("table", {},
    h("thead", {}, h("tr", {}, [...head, ...columns].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
}

function cells({ plan, expected_hours: hours }, count) {
  if (!plan.in_support) return h("td", { colspan: count }, "no verdict");
  const step = (at) => (at === null ? `> ${steps(plan.supported_until_step)}` : steps(at));
  const { onset_step: onset, memorization_step: memorized } = plan;
  const texts = [
    percent(plan.probability_onset_by_budget), step(memorized.p50), step(onset.p50), `${step(onset.p05)} to ${step(onset.p95)}`,
    capital(plan.outcome.replace("memorization", "memorisation")), steps(plan.expected_steps), ...(hours === null ? [] : [value(hours)]),
  ];
  return texts.map((text) => h("td", {}, text));
}

function notes({ settings, shared, warnings }) {
  const reasons = settings.flatMap(({ setting, plan }) => plan.reasons.map((reason) => `No verdict for ${described(setting)}: ${reason}`));
  const assumed = settings.flatMap(({ plan }) => plan.warnings);
  const all = Object.keys(shared).length ? [`All: ${described(shared)}`] : [];
  return h("ul", { class: "warnings" }, [...new Set([...all, ...reasons, ...assumed, ...warnings])].map((note) => h("li", {}, capital(note))));
}

function described(setting) {
  return Object.entries(setting).map(([name, said]) => `${worded(name)} ${said ?? "not given"}`).join(", ") || "this setting";
}

function worded(name) {
  return name.replaceAll("_", " ");
}
