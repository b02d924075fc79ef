// Files as the service reads them: their runs, and which column is read as which signal, to be seen and corrected.

import { h } from "./elements.js";
import { ask, post } from "./service.js";

const MAIN = ["step", "train_loss", "train_acc", "val_loss", "val_acc"];
const UNUSED = "none"; // what the service leaves out

/** What a person said of files, beyond the files themselves. */
export const asDropped = () => ({ run: null, percent: false, columns: "", map: new Map() });

/**
 * Return how the service reads files. Throws a Problem.
 *
 * The steps of an epoch, where they are known, are told where the service asks for them alone: a file that counts steps does not.
 */
export async function read(files, said, stepsPerEpoch) {
  const isAsked = (asked) => stepsPerEpoch && asked?.includes("steps_per_epoch");
  try {
    const found = await readOnce(files, said);
    if (!isAsked(found.runs.find(({ run }) => run === found.run)?.asked)) return found;
  } catch (problem) {
    if (!isAsked(problem.more?.asked)) throw problem;
  }
  return readOnce(files, said, stepsPerEpoch);
}

function readOnce(files, { run, percent, columns, map }, stepsPerEpoch = null) {
  const asked = new URLSearchParams();
  for (const { name, path, size } of files) {
    asked.append("name", path ?? name);
    if (files.length > 1) asked.append("size", size);
  }
  if (columns) asked.append("columns", columns);
  if (run !== null) asked.append("run", run);
  if (percent) asked.append("percent", "true");
  if (stepsPerEpoch) asked.append("steps_per_epoch", stepsPerEpoch);
  for (const [column, signal] of map) asked.append("map", `${column}:${signal}`);
  return post(`/v1/histories/read?${asked}`, new Blob(files));
}

let vocabulary = null; // names of signals, asked for once

async function signals() {
  vocabulary ??= ask("/v1/signals").then(({ signals }) => [...new Set([...MAIN, ...signals.map(({ name }) => name)])]);
  return vocabulary;
}

/**
 * Return an element for what was read, and functions that show it; `changed(said)` is called when a person says otherwise.
 *
 * `show(reading, said)` takes an answer of the service, or of a problem what it holds: the columns that were found.
 */
export function readingView(changed) {
  const runs = h("div", { class: "runs-found" });
  const tick = h("input", { type: "checkbox", name: "percent", change: () => changed({ ...shownAs, percent: tick.checked }) });
  const percent = h("label", { class: "tick", hidden: true }, tick, " Accuracies are in percent");
  const names = h("input", { name: "columns", autocomplete: "off", spellcheck: "false", placeholder: "step, train_acc, val_acc", change: () => changed({ ...shownAs, columns: names.value.trim() }) });
  const header = h("label", { class: "header-names", hidden: true }, "Names of the columns, in their order ", names);
  const columns = h("details", { class: "columns", hidden: true });
  let shownAs = asDropped(); // what the person had said of the file that is shown
  return {
    element: h("div", { class: "reading" }, runs, percent, header, columns),
    clear() {
      runs.replaceChildren();
      columns.replaceChildren();
      columns.open = false;
      columns.hidden = percent.hidden = header.hidden = true;
    },
    async show({ runs: found = [], run = null, columns: unread = [], mapping: named = {}, suspected = {}, asked = [] }, said, isOpen) {
      shownAs = said;
      tick.checked = said.percent;
      percent.hidden = false;
      names.value = said.columns;
      header.hidden = !said.columns && !asked.includes("columns");
      runs.replaceChildren(...(found.length > 1 ? [runChoice(found, run, said, changed)] : []));
      const shown = found.find((each) => each.run === run && !each.problem);
      const mapping = shown?.mapping ?? { ...named, ...Object.fromEntries(said.map) };
      const all = shown ? columnsOf(shown) : unread;
      columns.hidden = !all.length;
      if (!all.length) return;
      const known = await signals();
      columns.open = isOpen || columns.open;
      columns.replaceChildren(
        h("summary", {}, summaryOf(all, mapping)),
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Column"), h("th", { scope: "col" }, "Read as"))),
          h("tbody", {}, all.map((column) => columnRow(column, mapping[column], shown?.suspected ?? suspected, known, said, changed)))),
        ...notes(shown?.notes ?? []));
    },
  };
}

/** Return the columns of a run in an order for people: those in use, those that may be, the others. */
function columnsOf({ mapping, suspected, left_out: unused }) {
  return [...new Set([...Object.keys(mapping), ...Object.keys(suspected), ...unused])];
}

function summaryOf(all, mapping) {
  const read = all.filter((column) => (mapping[column] ?? UNUSED) !== UNUSED).length;
  return [h("span", {}, "How it was read "), h("small", {}, `${read} of ${all.length} ${all.length === 1 ? "column" : "columns"} used`)];
}

function runChoice(found, run, said, changed) {
  const select = h("select", { id: "run-choice", change: () => changed({ ...said, run: select.value || null }) },
    run === null && h("option", { value: "" }, "Choose one"),
    found.map(({ run: name, problem }) => h("option", { value: name, selected: name === run }, problem ? `${name} (cannot be read)` : name)));
  return h("label", {}, `${found.length} runs found `, select);
}

function columnRow(column, signal, suspected, known, said, changed) {
  const guess = suspected[column];
  const isRead = signal && signal !== UNUSED;
  const select = h("select", { "aria-label": `${column} is read as`, change: () => changed({ ...said, map: new Map([...said.map, [column, select.value]]) }) },
    h("option", { value: UNUSED, selected: !isRead }, guess ? `not used: ${guess}?` : "not used"),
    (known.includes(signal) || !isRead ? known : [signal, ...known]).map((name) => h("option", { value: name, selected: name === signal }, name)));
  return h("tr", { class: isRead ? "" : guess ? "suspected" : "unused" }, h("th", { scope: "row" }, column), h("td", {}, select));
}

/** Return a list of notes, without those that the table of columns says too. */
function notes(texts) {
  const others = texts.filter((text) => !/ is read as |^ignored: |^not read: /.test(text));
  return others.length ? [h("ul", { class: "warnings", "aria-label": "Notes on the file" }, others.map((text) => h("li", {}, text)))] : [];
}
