// The drop zone: a file in, a forecast below it. Nothing is stored.

import { announce, h } from "./elements.js";
import { forecastView } from "./forecast_view.js";
import { Unreadable, inSteps, readFile } from "./history.js";
import { Problem, ask } from "./service.js";
import { headline } from "./words.js";

const WORDS = new Set(["task_family", "architecture", "optimizer", "operation", "loss"]);
const LARGEST = 16 * 2 ** 20; // what the service takes

/** Bring the drop zone to life. */
export function startDrop() {
  const form = document.getElementById("question");
  const zone = document.getElementById("drop");
  const answer = document.getElementById("answer");
  const view = forecastView();
  document.getElementById("answer-body").append(view.element);
  let file = null; // {name, request}: what was dropped last
  let asked = 0;

  async function take(name, read, known = {}) {
    clearFaults(form);
    unfill(form);
    try {
      const { context = known, horizon_step, target_accuracy, ...request } = readFile(await read());
      fill(form, { ...prefixed(context), horizon_step, target_accuracy });
      file = { name, request };
      document.getElementById("file-name").textContent = name;
    } catch (error) {
      return refuse(error);
    }
    await forecast();
  }

  async function forecast() {
    clearFaults(form);
    const turn = ++asked;
    zone.setAttribute("aria-busy", "true");
    try {
      const request = requestOf(form, file.request);
      const found = await ask("/v1/forecasts", { body: request });
      if (turn !== asked) return;
      view.show(request.history, found);
      document.getElementById("answer-title").textContent = file.name;
      answer.hidden = false;
      announce(`${file.name}: ${headline(found)}.`);
      document.getElementById("answer-title").focus({ preventScroll: true });
      answer.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    } catch (error) {
      if (turn === asked) refuse(error);
    } finally {
      zone.removeAttribute("aria-busy");
    }
  }

  function refuse(error) {
    if (!(error instanceof Problem || error instanceof Unreadable)) throw error;
    answer.hidden = true;
    showFaults(form, error);
  }

  const input = document.getElementById("file");
  const takeFile = (dropped) => dropped && take(dropped.name, () => {
    if (dropped.size > 4 * LARGEST) throw new Unreadable(`The file holds ${Math.round(dropped.size / 2 ** 20)} MiB; the service takes ${LARGEST / 2 ** 20}. Thin it, keeping more checkpoints early than late.`);
    return dropped.text();
  });
  input.addEventListener("change", () => {
    takeFile(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  document.getElementById("choose").addEventListener("click", () => input.click());
  document.getElementById("example").addEventListener("click", async () => {
    const [history, context] = await Promise.all(["/page/example.csv", "/page/example_context.json"].map((path) => fetch(path)));
    take("example.csv", () => history.text(), await context.json());
  });
  form.addEventListener("input", ({ target }) => delete target.dataset.filled);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (file) forecast();
    else showFaults(form, new Unreadable("Drop or choose a file first."));
  });
  catchDrops(zone, takeFile);
}

/** Take files wherever on the page they are dropped: a browser would leave the page for one that misses. */
function catchDrops(zone, takeFile) {
  let depth = 0;
  const mark = (change) => zone.classList.toggle("over", (depth = Math.max(0, depth + change)) > 0);
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (location.hash.startsWith("#/runs/")) location.hash = "";
    takeFile(event.dataTransfer.files[0]);
  });
}

function prefixed(context) {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [`context.${name}`, value]));
}

/** Write what a file says of itself into the form, and keep what the form has no field for. */
function fill(form, values) {
  const others = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    const field = form.elements[name];
    if (field) {
      field.value = typeof value === "number" ? Number(value.toPrecision(6)) : value;
      field.dataset.filled = "";
    } else others[name] = value;
  }
  form.dataset.others = JSON.stringify(others);
}

/** Forget what the file before said of itself; what was typed stays. */
function unfill(form) {
  for (const field of form.querySelectorAll("[data-filled]")) field.value = "";
  delete form.dataset.others;
}

function requestOf(form, { history, ...request }) {
  const context = {};
  const rest = {};
  const given = { ...JSON.parse(form.dataset.others ?? "{}") };
  for (const { name, value } of form.elements) if (name && value.trim()) given[name] = typed(name, value.trim());
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("context.")) context[name.slice("context.".length)] = value;
    else rest[name] = value;
  }
  return { ...request, ...rest, context, history: inSteps(history, context.steps_per_epoch) };
}

/** Return a word, or a number that may be written 1e-3, 20,000 or 1/97; what is no number is left for the service to name. */
function typed(name, text) {
  if (WORDS.has(name.replace("context.", ""))) return text;
  const fraction = text.match(/^([\d.]+)\s*\/\s*([\d.]+)$/);
  const number = fraction ? fraction[1] / fraction[2] : Number(text.replaceAll(/(\d)[,\s](?=\d{3})/g, "$1"));
  return Number.isFinite(number) ? number : text;
}

function clearFaults(form) {
  for (const shown of form.querySelectorAll(".fault")) shown.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/** Show what is wrong beside the field that it concerns; beside the file where there is none. */
function showFaults(form, error) {
  const faults = error.faults.length ? error.faults : [{ field: "", text: error.message }];
  let first = null;
  for (const fault of faults) {
    const field = fault.field && form.elements[fault.field];
    const id = `fault-${fault.field.replaceAll(/\W/g, "-")}`;
    const shown = h("p", { class: "fault", id, role: "alert" }, inWords(fault));
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", id);
      field.closest("details").open = true;
      field.after(shown);
      first ??= field;
    } else {
      document.getElementById("file-faults").append(shown);
      first ??= document.getElementById("choose");
    }
  }
  first.focus();
}

function inWords({ field, text, value, expected, hint }) {
  if (text) return text;
  const column = field.replace(/^history\.?/, "").replace(/\[(\d+)\]$/, (_, row) => `, value ${Number(row) + 1},`);
  const found = value === null ? "is missing" : `is ${typeof value === "string" ? `“${value}”` : value}`;
  return `${column.replace(/^context\./, "") || "The history"} ${found}; expected ${expected}.${hint ? ` ${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` : ""}`;
}
