// Forecasts in words.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const PHASES = {
  fitting: "fitting its training data",
  memorized: "memorised, not yet generalising",
  rising: "validation is rising",
  generalized: "generalised",
};

export const OUTCOMES = {
  grokking: ["Grokking", "generalises more than 1,000 steps after memorising"],
  comprehension: ["Comprehension", "generalises within 1,000 steps of memorising"],
  memorization: ["Memorisation only", "fits its training data and does not generalise"],
  confusion: ["Neither", "does not fit its training data"],
};

export const ACTIONS = { continue: "Keep it running", stop: "Stop it", undecided: "Undecided: check again" };

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

export function value(number) {
  return number === null || number === undefined ? "–" : String(Number(number.toPrecision(3)));
}

/** Return a probability in words: "very unlikely" is less than one run in ten. */
export function likelihood(probability) {
  const scale = [[0.95, "Almost certain"], [0.9, "Very likely"], [0.6, "Likely"], [0.4, "As likely as not"], [0.1, "Unlikely"], [0.02, "Very unlikely"]];
  return scale.find(([low]) => probability >= low)?.[1] ?? "Extremely unlikely";
}

/** Return the forecast in a few words. */
export function headline(forecast) {
  if (forecast.phase === "generalized") return `Generalised at step ${steps(forecast.onset_step.p50)}`;
  if (!forecast.support.in_support) return `No verdict by step ${steps(forecast.horizon_step)}: this run is unlike those learnt from`;
  return `${likelihood(forecast.probability_onset_by_horizon)} to generalise by step ${steps(forecast.horizon_step)}`;
}

/** Return when, in a sentence or two. */
export function when(forecast) {
  if (forecast.phase === "generalized") {
    return `Validation accuracy reached ${value(forecast.target_accuracy)} at this step and held for three checkpoints. There is nothing left to forecast.`;
  }
  if (forecast.support.score === 0) {
    return `${percent(forecast.probability_onset_by_horizon)} of the runs learnt from, on average, generalise in such a time; that says nothing of this one.`;
  }
  const { p05, p50, p95 } = forecast.onset_step;
  const end = steps(forecast.supported_until_step);
  if (p50 !== null) {
    const range = p95 === null
      ? `the 90 % interval begins at ${about(p05)} and ends beyond ${end}, the supported range`
      : `90 % interval ${about(p05)} to ${about(p95)}`;
    return `Median onset around step ${about(p50)}; ${range}.`;
  }
  const given = forecast.onset_step_if_onset;
  if (given.p50 === null) return `No onset is expected up to step ${end}, the end of the supported range.`;
  return `If it does, the median onset is around step ${about(given.p50)}; 90 % interval ${about(given.p05)} to ${about(given.p95)}.`;
}

export function ago(time, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(time)) / 1000);
  if (seconds < 60) return "just now";
  const [size, unit] = seconds < 3600 ? [60, "minute"] : seconds < 86400 ? [3600, "hour"] : [86400, "day"];
  return new Intl.RelativeTimeFormat("en").format(-Math.floor(seconds / size), unit);
}
