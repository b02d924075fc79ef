// The axis of a training: logarithmic or linear, in steps, epochs or time, whole or a part of it.

import { linearScale, linearTicks, logScale, logTicks, short, xAxis } from "./axes.js";
import { s } from "./elements.js";

const TIMES = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const DECADES_OF_TIME = [1, 10, 60, 600, 3600, 36_000, 86_400, 864_000, 8_640_000]; // seconds, as people count them
export const STEPS = { name: "steps", title: "step", of: () => ({ size: 1, text: short }) };

/** Return the units in which a run can be shown; epochs and time where it is known how long a step is. */
export function unitsOf(context, clock) {
  const units = [STEPS];
  const perEpoch = context?.steps_per_epoch;
  const seconds = clock?.seconds_per_step;
  if (perEpoch > 0) units.push({ name: "epochs", title: "epoch", of: () => ({ size: perEpoch, text: short }) });
  if (seconds > 0) units.push({ name: "time", title: "time of training", of: (end, isWide) => (isWide ? timedWidely(seconds) : timed(end, seconds)) });
  return units;
}

function timed(end, seconds) {
  const [size, unit] = TIMES.find(([least]) => end * seconds >= 2 * least) ?? TIMES.at(-1);
  return { size: size / seconds, text: (number) => `${short(number)} ${unit}` };
}

function timedWidely(seconds) {
  const text = (number) => {
    const [size, unit] = TIMES.find(([least]) => number >= least);
    return `${short(number / size)} ${unit}`;
  };
  return { size: 1 / seconds, text, marks: DECADES_OF_TIME };
}

/** Return where steps stand in a chart of some width: `x`, and the axis as `drawn(top, bottom)`. */
export function stepAxis([low, high], width, { isLinear, unit }) {
  const left = width < 480 ? 34 : 44;
  const right = width - (width < 480 ? 6 : 14);
  const x = (isLinear ? linearScale : logScale)([low, high], [left, right]);
  const isWide = !isLinear && high >= 8 * low; // within less a logarithmic axis has too few round numbers
  const { size, text, marks } = unit.of(high, isWide);
  const room = Math.max(3, Math.floor(width / 85));
  const range = [low / size, high / size];
  const ticks = marks ? thinned(marks.filter((mark) => mark >= range[0] && mark <= range[1]), room) : isWide ? logTicks(range, room) : linearTicks(range, room);
  return {
    x, left, right, isLinear,
    drawn: (top, bottom) => [
      xAxis((tick) => x(tick * size), ticks, top, bottom, text),
      s("text", { x: (left + right) / 2, y: bottom + 31, class: "axis-name", "text-anchor": "middle" }, unit.title),
    ],
  };
}

function thinned(ticks, room) {
  const step = Math.ceil(ticks.length / room);
  return ticks.filter((_, k) => k % step === 0);
}
