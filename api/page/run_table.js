// The list of runs as a table: searched, filtered, sorted and grouped in the browser, with as many lines as are asked for.

import { MOST, comparison } from "./compare.js";
import { isGoing } from "./deletion.js";
import { h } from "./elements.js";
import { runActions } from "./run_actions.js";
import { contextFields, grouped, sorted } from "./run_fields.js";
import { FilterError, parseFilter } from "./run_filter.js";
import { runRow } from "./run_row.js";
import { address, remember } from "./view_address.js";
import { verdict } from "./words.js";

const LINES = 50; // shown at first, and with each "more": a thousand would be slow to draw
const MOST_GROUPS = 40;
const NEWEST = "age";

/** Return functions of the table: `show(runs)` takes all runs, newest first; `changed()` is called when something was done to some. */
export function runTable(changed) {
  const [place, filter, group, note, count, head, table, more, bar] =
    ["run-list", "run-filter", "run-group", "run-filter-note", "run-count", "run-head", "run-table", "more-runs", "run-bar"].map((id) => document.getElementById(id));
  const all = head.querySelector("input");
  const chosenCount = h("span", { class: "chosen" });
  const compare = h("a", { class: "button" }, "Compare");
  const actions = runActions(changed);
  bar.append(chosenCount, compare, actions.element);
  const rows = new Map(); // run_id -> line
  const chosen = new Set();
  let runs = [];
  let lines = LINES;
  let matches = () => true;
  let found = [];
  let order = NEWEST;

  /** Take the settings of an address. */
  function set({ path, settings }) {
    if (path !== "/") return;
    filter.value = settings.get("q") ?? "";
    order = settings.get("sort") ?? NEWEST;
    group.dataset.wanted = settings.get("group") ?? "";
    if (["q", "sort", "group"].some((name) => settings.has(name))) document.getElementById("runs").scrollIntoView();
  }

  function keep() {
    remember("/", { q: filter.value.trim(), sort: order === NEWEST ? "" : order, group: group.value });
  }

  function render() {
    const shown = runs.filter(({ run_id: name }) => !isGoing(name));
    place.hidden = !runs.length;
    const contexts = contextFields(shown);
    offerGroups(contexts);
    found = sorted(filtered(shown, contexts), order);
    const groups = group.value ? grouped(found, group.value) : [[null, found]];
    let room = lines;
    const bodies = groups.map(([value, members]) => {
      const visible = members.slice(0, Math.max(0, room));
      room -= visible.length;
      return visible.length ? [group.value ? groupLine(group.value, value, members) : null, ...visible.map(line)] : [];
    });
    fill(bodies.flat().filter(Boolean));
    more.hidden = found.length <= lines;
    more.textContent = `Show ${Math.min(LINES, found.length - lines)} more of ${found.length}`;
    count.textContent = found.length === shown.length ? `${found.length} ${found.length === 1 ? "run" : "runs"}` : `${found.length} of ${shown.length} runs`;
    showOrder();
    showChosen(shown);
  }

  function filtered(shown, contexts) {
    let fault = "";
    try {
      matches = parseFilter(filter.value, contexts);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      fault = error.message; // what was understood last stays in force
    }
    note.textContent = fault && `${fault}.`;
    if (fault) filter.setAttribute("aria-invalid", "true");
    else filter.removeAttribute("aria-invalid");
    return shown.filter(matches);
  }

  function offerGroups(contexts) {
    const wanted = group.dataset.wanted ?? group.value;
    const names = [...contexts].filter(([name, values]) => name === wanted || (values.size > 1 && values.size <= MOST_GROUPS)).map(([name]) => name).sort();
    const offered = ["", "status", "advice", ...names];
    if (offered.join() !== [...group.options].map(({ value }) => value).join()) {
      group.replaceChildren(...offered.map((name) => h("option", { value: name }, name ? name.replaceAll("_", " ") : "nothing")));
    }
    if (offered.includes(wanted)) {
      group.value = wanted;
      delete group.dataset.wanted;
    }
  }

  function line(run) {
    const { run_id: name } = run;
    if (!rows.has(name))
      rows.set(name, runRow(name, (isChosen) => {
        if (isChosen) chosen.add(name);
        else chosen.delete(name);
        showChosen(runs);
      }));
    rows.get(name).show(run, chosen.has(name));
    return rows.get(name).element;
  }

  /** Put lines into the table; where nothing moved, nothing is touched, so that the focus stays. */
  function fill(elements) {
    const before = [...table.children];
    if (elements.length === before.length && elements.every((element, k) => element === before[k] || element.isEqualNode(before[k]))) return;
    const focused = document.activeElement;
    table.replaceChildren(...elements);
    if (focused !== document.activeElement && table.contains(focused)) focused.focus({ preventScroll: true });
  }

  function showOrder() {
    for (const button of head.querySelectorAll("button")) {
      const by = button.dataset.sort;
      const isUp = order === by;
      button.closest("th").setAttribute("aria-sort", isUp ? "ascending" : order === `-${by}` ? "descending" : "none");
    }
  }

  function showChosen(shown) {
    const still = shown.filter(({ run_id: name }) => chosen.has(name) && !isGoing(name));
    chosen.clear();
    still.forEach(({ run_id: name }) => chosen.add(name));
    bar.hidden = !still.length;
    chosenCount.textContent = `${still.length} selected`;
    compare.hidden = still.length < 2 || still.length > MOST;
    compare.href = comparison(still.map(({ run_id: name }) => name));
    actions.show(still);
    all.checked = found.length > 0 && found.every(({ run_id: name }) => chosen.has(name));
    all.indeterminate = !all.checked && still.length > 0;
  }

  function anew() {
    lines = LINES;
    keep();
    render();
  }

  filter.addEventListener("input", anew);
  group.addEventListener("change", anew);
  document.getElementById("run-tools").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    lines += LINES;
    render();
  });
  head.addEventListener("click", ({ target }) => {
    const by = target.closest("button")?.dataset.sort;
    if (!by) return;
    // Greatest first where that is what is looked for, then the other way round, then as at first.
    const turns = ["name", "advice"].includes(by) ? [by, `-${by}`, NEWEST] : [`-${by}`, by, NEWEST];
    order = turns[(turns.indexOf(order) + 1) % turns.length];
    anew();
  });
  all.addEventListener("change", () => {
    found.forEach(({ run_id: name }) => (all.checked ? chosen.add(name) : chosen.delete(name)));
    render();
  });
  set(address());

  return {
    set,
    show(newest) {
      runs = newest;
      const names = new Set(runs.map(({ run_id: name }) => name));
      for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
      render();
    },
  };
}

function groupLine(name, value, members) {
  const counts = new Map();
  for (const run of members) {
    const { text } = verdict(run.newest_forecast);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const told = [...counts].sort(([, a], [, b]) => b - a).map(([text, found]) => `${found} ${text.toLowerCase()}`).join(", ");
  return h("tr", { class: "group", role: "row" }, h("th", { colspan: 7, scope: "rowgroup", role: "rowheader" },
    `${name.replaceAll("_", " ")} ${value ?? "not given"} `, h("small", {}, `${members.length} ${members.length === 1 ? "run" : "runs"}: ${told}`)));
}
