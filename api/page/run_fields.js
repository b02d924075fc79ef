// What runs of the list are searched, sorted and grouped by: fields of their own, and those of their contexts.

import { verdict } from "./words.js";

const OWN = {
  name: (run) => run.run_id,
  status: (run) => run.status,
  advice: (run) => verdict(run.newest_forecast).text,
  phase: (run) => run.newest_forecast?.phase ?? null,
  p: ({ newest_forecast: forecast }) => (forecast?.phase === "generalized" ? 1 : forecast?.in_support ? forecast.probability_onset_by_horizon : null),
  onset: ({ newest_forecast: forecast }) => (forecast?.in_support || forecast?.phase === "generalized" ? forecast.median_onset_step : null),
  step: (run) => run.observed_until_step,
  seen: (run) => Date.parse(run.updated_at),
  age: (run) => -Date.parse(run.created_at),
};

export const OWN_FIELDS = Object.keys(OWN);

/** Return the value of a field; null where a run has none. */
export function fieldOf(run, name) {
  if (Object.hasOwn(OWN, name)) return OWN[name](run);
  return Object.hasOwn(run.context, name) ? run.context[name] : null;
}

/** Return the fields of the contexts of runs, each with its values: `Map(name -> Set)`. */
export function contextFields(runs) {
  const found = new Map();
  for (const { context } of runs)
    for (const [name, value] of Object.entries(context)) {
      if (!found.has(name)) found.set(name, new Set());
      found.get(name).add(value);
    }
  return found;
}

/** Return runs in the order of a field, `-p` from the greatest down; those without it come last. */
export function sorted(runs, order) {
  const [name, sign] = order.startsWith("-") ? [order.slice(1), -1] : [order, 1];
  const keyed = runs.map((run) => [fieldOf(run, name), run]);
  return keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compared(a, b))).map(([, run]) => run);
}

function compared(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}

/** Return runs by the value of a field, in the order of the values: `[[value, runs], ...]`. */
export function grouped(runs, name) {
  const groups = new Map();
  for (const run of sorted(runs, name)) {
    const value = fieldOf(run, name);
    if (!groups.has(value)) groups.set(value, new Set());
    groups.get(value).add(run);
  }
  // Within a group runs keep the order that they came in.
  return [...groups].map(([value, found]) => [value, runs.filter((run) => found.has(run))]);
}
