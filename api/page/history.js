// A file that somebody dropped, as the service asks for it.

const STEPS = new Set(["step", "steps", "global_step", "iteration", "iterations", "iter", "optimizer_step"]);
const EPOCHS = new Set(["epoch", "epochs"]);
const SPLITS = {
  train: ["train", "training", "tr"],
  val: ["val", "valid", "validation", "eval", "test", "dev", "heldout"],
};
const METRICS = { loss: ["loss"], acc: ["acc", "accuracy", "accuracies", "acc1", "top1"] };

/** A file that cannot be read: what was found, and what was expected. `field` is what it concerns. */
export class Unreadable extends Error {
  constructor(message, field = "history") {
    super(message);
    this.faults = [{ field, text: message }];
  }
}

/** Return the name of a signal, `step` or `epoch` that a column means; else its own name. Reads as `grokcast forecast` does. */
export function canonicalName(column) {
  const name = column.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "")
    .replace(/(_acc|_accuracy|_loss)_(step|epoch)$/, "$1");
  if (STEPS.has(name)) return "step";
  if (EPOCHS.has(name)) return "epoch";
  const words = name.split("_");
  if (words.length === 2) {
    for (const [split, splitWords] of Object.entries(SPLITS)) {
      for (const [metric, metricWords] of Object.entries(METRICS)) {
        const holds = (known) => known.includes(words[0]) || known.includes(words[1]);
        if (holds(splitWords) && holds(metricWords)) return `${split}_${metric}`;
      }
    }
  }
  return name;
}

/** Return what a file asks: a request with a history, and perhaps a context and a horizon. */
export function readFile(text) {
  text = text.replace(/^\uFEFF/, "").trim();
  if (!text) throw new Unreadable("The file is empty. A row for each checkpoint is expected, with a column step.");
  return /^[[{]/.test(text) ? readJson(text) : { history: fromRows(readCsv(text)) };
}

function readJson(text) {
  const found = parsed(text);
  if (Array.isArray(found)) return { history: fromRows(found) };
  if (found.history) return { ...found, history: fromColumns(found.history) };
  return { history: fromColumns(found) };
}

/** Return a JSON document, or the list of those that stand one a line. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
    } catch {
      throw new Unreadable(`The file is not valid JSON: ${error.message}`);
    }
  }
}

function readCsv(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const separator = [",", ";", "\t"].reduce((a, b) => (lines[0].split(b).length > lines[0].split(a).length ? b : a));
  const cells = lines.map((line) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const names = cells[0];
  return cells.slice(1).map((row, i) => {
    if (row.length > names.length) throw new Unreadable(`Row ${i + 2} has ${row.length} cells; the first line names ${names.length} columns.`);
    return Object.fromEntries(names.map((name, column) => [name, number(row[column] ?? "", i + 2, name)]));
  });
}

function number(cell, row, name) {
  if (["", "nan", "null", "none", "na"].includes(cell.toLowerCase())) return null;
  const value = Number(cell);
  // Columns that mean nothing to a forecast, such as a name or a date, may hold anything.
  if (Number.isNaN(value) && !/^(step|epoch|(train|val)_(loss|acc))$/.test(canonicalName(name))) return null;
  if (Number.isNaN(value)) throw new Unreadable(`Row ${row}, ${name}, is “${cell.slice(0, 40)}”; a number is expected, or nothing where it is missing.`);
  return value;
}

/** Return a history from rows; rows of one step are merged, since loggers write training and validation apart. */
function fromRows(rows) {
  if (!rows.length) throw new Unreadable("The file has names of columns and no rows. A row for each checkpoint is expected.");
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row ?? {})))];
  return fromColumns(Object.fromEntries(columns.map((name) => [name, rows.map((row) => row?.[name] ?? null)])));
}

function fromColumns(given) {
  const named = {};
  for (const [column, values] of Object.entries(given)) {
    const name = canonicalName(column);
    if (!Array.isArray(values)) continue;
    if (name in named) throw new Unreadable(`Two columns are read as ${name}; “${column}” is one of them. Remove or rename all but one.`);
    if (values.some((value) => value !== null)) named[name] = values;
  }
  const time = named.step ? "step" : "epoch";
  if (!named[time]) {
    const found = Object.keys(given).slice(0, 8).join(", ") || "none";
    throw new Unreadable(`There is no column step of optimiser steps. Columns found: ${found.slice(0, 160)}.`);
  }
  if (time === "step") delete named.epoch;
  return merged(named, time);
}

function merged(named, time) {
  const rows = new Map();
  named[time].forEach((at, i) => rows.set(at, [...(rows.get(at) ?? []), i]));
  rows.delete(null);
  const first = (values) => [...rows.values()].map((at) => at.map((i) => values[i]).find((value) => value != null) ?? null);
  const others = Object.entries(named).filter(([name]) => name !== time);
  return { [time]: [...rows.keys()], ...Object.fromEntries(others.map(([name, values]) => [name, first(values)])) };
}

/** Return a history that counts steps, from one that may count epochs. */
export function inSteps(history, stepsPerEpoch) {
  if (history.step) return history;
  if (!(stepsPerEpoch > 0)) {
    throw new Unreadable("The file counts epochs. How many optimiser steps has one?", "context.steps_per_epoch");
  }
  const { epoch, ...signals } = history;
  return { step: epoch.map((at) => Math.round(at * stepsPerEpoch)), ...signals };
}
