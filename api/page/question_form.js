// The form beside the drop zone: what is known of the run, filled in by a file or by hand, and what is wrong with it.

import { h } from "./elements.js";
import { number } from "./numbers.js";

const WORDS = new Set(["task_family", "architecture", "optimizer", "operation", "loss", "description"]);

/** Write what a file says of itself into the form, and keep what the form has no field for. */
export function fill(form, { context = {}, horizon_step, target_accuracy }) {
  const others = {};
  const values = { ...prefixed(context ?? {}), horizon_step, target_accuracy };
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

function prefixed(context) {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [`context.${name}`, value]));
}

/** Forget what the file before said of itself; what was typed stays. */
export function unfill(form) {
  for (const field of form.querySelectorAll("[data-filled]")) field.value = "";
  delete form.dataset.others;
}

/** Return what the form says beside a history: context, horizon and target. */
export function stated(form) {
  const context = {};
  const rest = {};
  const given = { ...JSON.parse(form.dataset.others ?? "{}") };
  for (const { name, value } of form.querySelectorAll("#context [name]")) if (value.trim()) given[name] = typed(name, value.trim());
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("context.")) context[name.slice("context.".length)] = value;
    else rest[name] = value;
  }
  return { ...rest, context };
}

/** Write what a person says elsewhere on the page into the form, or beside it where it has no field for that. */
export function tell(form, said) {
  const others = JSON.parse(form.dataset.others ?? "{}");
  for (const [name, text] of said) {
    if (form.elements[name]) form.elements[name].value = text;
    else others[name] = typed(name, text);
  }
  form.dataset.others = JSON.stringify(others);
}

function typed(name, text) {
  return WORDS.has(name.replace("context.", "")) ? text : number(text);
}

/** Write a number with a comma as it is understood, once it is typed: 0,001 becomes 0.001, and 20,000 becomes 20000. */
export function showNumbersAsRead(form) {
  form.addEventListener("change", ({ target: { name, value }, target }) => {
    const read = name && value.includes(",") ? typed(name, value.trim()) : null;
    if (typeof read === "number" && !value.includes("/")) target.value = read;
  });
}

export function clearFaults(form) {
  for (const shown of form.querySelectorAll(".fault")) shown.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/** Show what is wrong beside the field that it concerns; beside the file where there is none. */
export function showFaults(form, faults) {
  let first = null;
  for (const fault of faults) {
    const field = fault.field && form.elements[fault.field];
    const id = `fault-${(fault.field ?? "").replaceAll(/\W/g, "-")}`;
    const shown = h("p", { class: "fault", id, role: "alert" }, inWords(fault));
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", id);
      field.closest("details")?.setAttribute("open", "");
      (field.closest("label.tick") ?? field).after(shown);
      first ??= field;
    } else {
      document.getElementById("file-faults").append(shown);
      first ??= document.getElementById("choose");
    }
  }
  first?.focus();
}

/** Return what is wrong with a value, in a sentence. */
export function inWords({ field, named = field, text, value, expected, hint }) {
  if (text) return text;
  const column = named.replace(/^history\.?/, "").replace(/\[(\d+)\]$/, (_, row) => `, value ${Number(row) + 1},`);
  const found = value === null ? "is missing" : `is ${typeof value === "string" ? `“${value}”` : value}`;
  return `${column.replace(/^context\./, "") || "The history"} ${found}; expected ${expected}.${hint ? ` ${capital(hint)}.` : ""}`;
}

/** Return a text with a capital; one that begins with a name, such as `val_loss`, keeps it as it is. */
export function capital(text) {
  return /^\w*[_.]\w/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
