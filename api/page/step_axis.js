// The axis of a training: logarithmic or linear, in steps, epochs or time, whole or a part of it.

import { linearScale, linearTicks, logScale, logTicks, short, xAxis } from "./axes.js";
import { s } from "./elements.js";

const TIMES = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
export const STEPS = { name: "steps", title: "step", of: () => ({ size: 1, text: short }) };

/** Return the units in which a run can be shown; epochs and time where it is known how long a step is. */
export function unitsOf(context, clock) {
  const units = [STEPS];
  const perEpoch = context?.steps_per_epoch;
  const seconds = clock?.seconds_per_step;
  if (perEpoch > 0) units.push({ name: "epochs", title: "epoch", of: () => ({ size: perEpoch, text: short }) });
  if (seconds > 0) units.push({ name: "time", title: "time of training", of: (end) => timed(end, seconds) });
  return units;
}

function timed(end, seconds) {
  const [size, unit] = TIMES.find(([least]) => end * seconds >= 2 * least) ?? TIMES.at(-1);
  return { size: size / seconds, text: (number) => `${short(number)} ${unit}` };
}

/** Return where steps stand in a chart of some width: `x`, and the axis as `drawn(top, bottom)`. */
export function stepAxis([low, high], width, { isLinear, unit }) {
  const left = width < 480 ? 34 : 44;
  const right = width - (width < 480 ? 6 : 14);
  const x = (isLinear ? linearScale : logScale)([low, high], [left, right]);
  const { size, text } = unit.of(high);
  const room = Math.max(3, Math.floor(width / 85));
  const range = [low / size, high / size];
  // Within less than a decade a logarithmic axis has too few round numbers.
  const ticks = isLinear || high < 8 * low ? linearTicks(range, room) : logTicks(range, room);
  return {
    x, left, right, isLinear,
    drawn: (top, bottom) => [
      xAxis((tick) => x(tick * size), ticks, top, bottom, text),
      s("text", { x: (left + right) / 2, y: bottom + 31, class: "axis-name", "text-anchor": "middle" }, unit.title),
    ],
  };
}
