// Forecasts in words.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const PHASES = {
  fitting: "fitting its training data",
  memorized: "memorised, not yet generalising",
  rising: "validation is rising",
  generalized: "generalised",
};

export const ENDS = { finished: "finished", stopped_early: "stopped early", diverged: "diverged" };
export const STATES = { running: "running", ...ENDS };
const ADVICE = { continue: "Continue", stop: "Stop", undecided: "Undecided" };

export const OUTCOMES = ["grokking", "comprehension", "memorization", "confusion"];

/** Return the sentences of a forecast about some things: `{about, title, text}`, written by the service as for the command line. */
export function said({ words }, about) {
  return words.filter((sentence) => about.includes(sentence.about));
}

export function steps(number) {
  return WHOLE.format(number);
}

/** Return a step as rough as a forecast is: two figures. */
export function about(number) {
  return WHOLE.format(Number(number.toPrecision(2)));
}

/** Return a probability; never 0 or 100 %, which no forecast knows. */
export function percent(probability) {
  if (probability > 0.99) return "> 99 %";
  return probability < 0.01 ? "< 1 %" : `${Math.round(100 * probability)} %`;
}

/** Return a number of steps, samples or epochs whole where it is whole or large, else with three figures. */
export function quantity(number) {
  return Number.isInteger(number) || number >= 100 ? steps(number) : value(number);
}

/** Return a figure of the benchmark, with three decimals as in its documents. */
export function decimals(figure) {
  return figure === null || figure === undefined ? "–" : figure.toFixed(3);
}

export function value(number) {
  return number === null || number === undefined ? "–" : String(Number(number.toPrecision(3)));
}

/** Return a probability in words: "very unlikely" is less than one run in ten. */
export function likelihood(probability) {
  const scale = [[0.95, "Almost certain"], [0.9, "Very likely"], [0.6, "Likely"], [0.4, "As likely as not"], [0.1, "Unlikely"], [0.02, "Very unlikely"]];
  return scale.find(([low]) => probability >= low)?.[1] ?? "Extremely unlikely";
}

/** Return what a forecast comes to in a word, and the kind of dot before it; `forecast` has a phase, its support and its action. */
export function verdict(forecast) {
  if (!forecast) return { kind: "none", text: "No forecast" };
  if (forecast.phase === "generalized") return { kind: "generalized", text: "Generalised" };
  if (!forecast.in_support) return { kind: "foreign", text: "No verdict" };
  return { kind: forecast.action, text: ADVICE[forecast.action] };
}

/** Return the forecast in a few words: a title, and a line of a list. */
export function headline(forecast) {
  if (forecast.phase === "generalized") return `Generalised at step ${steps(forecast.onset_step.p50)}`;
  const by = steps(Math.min(forecast.horizon_step, forecast.supported_until_step));
  if (!forecast.support.in_support) return `No verdict by step ${by}: this run is unlike those learnt from`;
  return `${likelihood(forecast.probability_onset_by_horizon)} to generalise by step ${by}`;
}

export function ago(time, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(time)) / 1000);
  if (seconds < 60) return "just now";
  const [size, unit] = seconds < 3600 ? [60, "minute"] : seconds < 86400 ? [3600, "hour"] : [86400, "day"];
  return new Intl.RelativeTimeFormat("en").format(-Math.floor(seconds / size), unit);
}
