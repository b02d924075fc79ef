// The drop zone: files in, a forecast below them. The service stores nothing; this tab keeps the files for a reload.

import { chosenFiles, filesOf } from "./dropped_files.js";
import { announce } from "./elements.js";
import { forecastView } from "./forecast_view.js";
import { gapsView } from "./gaps.js";
import { keepForm } from "./keep_run.js";
import { forgetFiles, keepFiles, keptFiles } from "./kept_files.js";
import { capital, clearFaults, fill, showFaults, showNumbersAsRead, stated, tell, unfill } from "./question_form.js";
import { asDropped, read, readingView } from "./reading.js";
import { Problem, ask } from "./service.js";
import { address, remember } from "./view_address.js";
import { headline } from "./words.js";

const EPOCHS = { field: "context.steps_per_epoch", text: "The file counts epochs. How many optimiser steps has one?" };
const MOST_FILES = 500; // that the service takes at once
const COUNT = (count) => `Found ${count || "no"} files that may hold a history; expected 1 to ${MOST_FILES}. Drop the folder of one run, or name it to grokcast forecast.`;
const NEXT = {
  percent: "are they percent? Tick the box below",
  map: "say below what its columns are",
  columns: "name its columns here, in their order",
  run: "choose one of them",
};

/** Bring the drop zone to life. */
export function startDrop() {
  const form = document.getElementById("question");
  const zone = document.getElementById("drop");
  const answer = document.getElementById("answer");
  const view = forecastView((settings) => remember("/", settings));
  view.set(address().settings);
  const gaps = gapsView((said) => {
    tell(form, said);
    form.requestSubmit();
  });
  const keep = keepForm(() => request());
  document.getElementById("answer-body").append(view.element, keep.element);
  view.element.querySelector(".cards").before(gaps.element);
  const reading = readingView((said) => readAgain({ ...file, said }));
  document.getElementById("file-reading").append(reading.element);
  const [forget, tooLarge] = ["forget-file", "too-large"].map((id) => document.getElementById(id));
  let file = null; // {name, files, said, history, stepsPerEpoch}: what was dropped last, and its history once it is read
  let turn = 0; // a later question takes the place of an earlier one

  /** Take files that were dropped or chosen together, with what is known of them beside them. */
  async function take(files, known = {}) {
    clearFaults(form);
    if (files.length > MOST_FILES || !files.length) return showFaults(form, [{ field: "", text: COUNT(files.length) }]);
    const name = nameOf(files);
    unfill(form);
    reading.clear();
    show(name);
    await readAgain({ name, files, said: asDropped(), known });
  }

  function show(name) {
    document.getElementById("file-name").textContent = name;
    forget.hidden = !name;
  }

  /** Show again what was dropped before a reload. */
  async function comeBack() {
    const kept = keptFiles();
    if (!kept) return;
    for (const [name, text] of Object.entries(kept.typed)) if (form.elements[name]) form.elements[name].value = text;
    const name = nameOf(kept.files);
    show(name);
    await readAgain({ ...kept, name, isBack: true });
  }

  function request() {
    return { ...stated(form), history: file.history };
  }

  /** Read files as a person says, and forecast them. */
  function readAgain(asked) {
    file = { ...asked, history: null };
    return busily(async (isCurrent) => {
      const stepsPerEpoch = stated(form).context.steps_per_epoch;
      const found = await read(file.files, file.said, stepsPerEpoch);
      if (!isCurrent()) return;
      const said = { ...file.said, run: found.run };
      file.runs = found.runs;
      await reading.show(found, said, hasSuspects(found));
      if (found.request === null) return choose(found);
      const { history, ...request } = found.request;
      if (file.run !== found.run) fill(form, { ...request, context: { ...file.known, ...request.context } });
      file = { ...file, said, run: found.run, history, stepsPerEpoch };
      await forecast(isCurrent);
    });
  }

  function choose({ runs }) {
    answer.hidden = true;
    announce(`${runs.length} runs are there. Choose one.`);
    document.getElementById("run-choice").focus();
  }

  async function forecast(isCurrent) {
    const asked = request();
    const found = await ask("/v1/forecasts", { body: { ...asked, include: ["gaps"] } });
    if (!isCurrent()) return;
    const title = file.runs.length > 1 ? file.run : file.name;
    view.show(title, asked, found);
    gaps.show(found.gaps);
    keep.offer(title);
    document.getElementById("answer-title").textContent = title;
    answer.hidden = false;
    announce(`${title}: ${headline(found)}.`);
    const { isBack } = file;
    file.isBack = false;
    if (isBack) return; // the page is as it was, and so is where one looks
    const typed = [...form.querySelectorAll("#context [name]")].filter(({ value, dataset }) => value && dataset.filled === undefined);
    const isKept = await keepFiles(file, Object.fromEntries(typed.map(({ name, value }) => [name, value])));
    tooLarge.hidden = isKept;
    document.getElementById("answer-title").focus({ preventScroll: true });
    answer.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  /** Do something that takes a while, unless something later takes its place; what the service refuses is shown. */
  async function busily(work) {
    clearFaults(form);
    const mine = ++turn;
    const isCurrent = () => mine === turn;
    zone.setAttribute("aria-busy", "true");
    try {
      await work(isCurrent);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (isCurrent()) await refuse(error);
    } finally {
      if (isCurrent()) zone.removeAttribute("aria-busy");
    }
  }

  async function refuse(problem) {
    answer.hidden = true;
    const { asked = [], columns = [] } = problem.more;
    // What was said of the columns may have made one run of several: the one that was chosen is not there any more.
    if (asked.includes("run") && file.said.run !== null) return readAgain({ ...file, said: { ...file.said, run: null } });
    if (!file.history) await reading.show({ ...problem.more, runs: file.runs, run: file.said.run }, file.said, columns.length > 0);
    showFaults(form, asked.includes("steps_per_epoch") ? [EPOCHS] : problem.faults.map((fault) => onPage(file, fault, asked)));
  }

  for (const [name, opener] of [["file", "choose"], ["folder", "choose-folder"]]) {
    const input = document.getElementById(name);
    input.addEventListener("change", () => {
      take(name === "folder" ? chosenFiles(input.files) : [...input.files]);
      input.value = ""; // so that the same files can be chosen again
    });
    document.getElementById(opener).addEventListener("click", () => input.click());
  }
  document.getElementById("example").addEventListener("click", async () => {
    const [history, context] = await Promise.all(["/page/example.csv", "/page/example_context.json"].map((path) => fetch(path)));
    take([new File([await history.blob()], "example.csv")], await context.json());
  });
  form.addEventListener("input", ({ target }) => delete target.dataset.filled);
  showNumbersAsRead(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearFaults(form);
    if (!file) return showFaults(form, [{ field: "", text: "Drop or choose a file first." }]);
    const isRead = file.history && file.stepsPerEpoch === stated(form).context.steps_per_epoch;
    if (isRead) busily(forecast);
    else readAgain(file);
  });
  forget.addEventListener("click", () => {
    forgetFiles();
    turn++;
    file = null;
    unfill(form);
    reading.clear();
    show("");
    answer.hidden = tooLarge.hidden = true;
  });
  catchDrops(zone, take);
  comeBack();
}

function nameOf(files) {
  const folders = new Set(files.map(({ path = "" }) => path.split("/", path.includes("/") ? 1 : 0)[0]));
  if (folders.size === 1 && !folders.has(undefined)) return `${[...folders][0]}/`;
  return files.length > 4 ? `${files.length} files` : files.map((each) => each.name).join(", ");
}

/** Return a fault of a file in the words of this page, with the next move here where the service names a parameter. */
function onPage({ files }, fault, asked) {
  const isNamed = (text) => files.some(({ name, path = name }) => path === text);
  const option = asked.find((each) => each in NEXT);
  const next = option ? NEXT[option] : fault.hint;
  const field = ["percent", "columns"].includes(option) ? option : "";
  if (fault.field === "name") {
    const found = isNamed(fault.value) ? "no metrics" : fault.value;
    return { field: "", text: `Found ${found}; expected ${fault.expected}.` };
  }
  // A file as a whole, or several that are one run; what is wrong in a row of it is said of the row.
  if (fault.field.split(" + ").every(isNamed)) {
    const of = files.length > 1 ? `${fault.field}: found` : "Found";
    return { field, text: `${of} ${fault.value}; expected ${fault.expected}.${next ? ` ${capital(next)}.` : ""}` };
  }
  return { ...fault, named: fault.field, field: field || fault.field, hint: next };
}

/** Return whether a column that looks like a metric was left out. */
function hasSuspects({ runs, run }) {
  return Object.keys(runs.find((each) => each.run === run)?.suspected ?? {}).length > 0;
}

/** Take files wherever on the page they are dropped: a browser would leave the page for one that misses. */
function catchDrops(zone, take) {
  let depth = 0;
  const mark = (change) => zone.classList.toggle("over", (depth = Math.max(0, depth + change)) > 0);
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (/^#\/(runs\/|compare)/.test(location.hash)) location.hash = "";
    if (event.dataTransfer.types.includes("Files")) filesOf(event.dataTransfer).then(take); // not a text that was dragged
  });
}
