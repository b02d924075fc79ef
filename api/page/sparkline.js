// A run's accuracies in the size of a word.

import { linearScale, logScale, path } from "./axes.js";
import { s } from "./elements.js";
import { value } from "./words.js";

const [WIDTH, HEIGHT] = [112, 26];

/** Return the curves of a history; `median` is the step at which its onset is forecast, if it is. */
export function sparkline(history, median = null) {
  const steps = history.step;
  const low = Math.max(1, steps.find((step) => step > 0) ?? 1);
  const x = logScale([low, Math.max(steps.at(-1), median ?? 0, low * 2)], [2, WIDTH - 2]);
  const y = linearScale([0, 1], [HEIGHT - 3, 3]);
  const last = history.val_acc?.findLast((v) => v !== null);
  const label = last === undefined ? "No validation accuracy" : `Validation accuracy, now ${value(last)}`;
  return s("svg", { class: "sparkline", width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    s("line", { x1: 2, x2: WIDTH - 2, y1: y(0), y2: y(0), class: "grid-line" }),
    median ? s("line", { x1: x(median), x2: x(median), y1: 2, y2: HEIGHT - 2, class: "median-line" }) : null,
    ["train", "val"].filter((split) => history[`${split}_acc`]).map((split) => path(steps, history[`${split}_acc`], x, y, { class: `${split}-line` })));
}
