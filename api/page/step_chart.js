// A chart over the steps of trainings: how it is drawn is chosen above it, a part of it is enlarged, and it is saved as a file.

import { fit } from "./axes.js";
import { csvOf, download } from "./download.js";
import { h, s } from "./elements.js";
import { pictureOf } from "./picture.js";
import { STEPS, stepAxis } from "./step_axis.js";

const LEAST_DRAG = 8; // pixels; less is a click
const HINT = "Point at the chart, or focus it and use the arrow keys, to read values; drag across a part of it to enlarge that.";
let clips = 0; // drawn so far: each has its own name

/**
 * Return a chart: its element, `show(shown, units)`, `set(settings)` as an address holds them, and `redraw()`.
 *
 * `domain(shown, isLinear)` are the steps that it reaches over, `stepsOf(shown)` those that the cursor stands at, `draw(shown, axis, at, weight)` its
 * SVG (`axis.clipped(top, bottom, ...marks)` bounds what may reach beyond the axis), `describe(shown, at)` what it says of a step, `saved(shown)` its `{name, histories, document}` for files.
 * `keep(settings)` is called with what is chosen; `pointed(shown, axis, x, y)` when something is pointed at.
 */
export function stepChart({ domain, stepsOf, draw, describe, saved, keep = () => {}, pointed = () => {} }) {
  const place = h("div", { class: "chart", tabindex: 0, role: "img" });
  const readout = h("p", { class: "readout", "aria-live": "polite" }, HINT);
  const select = (label, options) => h("select", { "aria-label": label, change: chosen }, options.map(([value, text]) => h("option", { value }, text)));
  const scale = select("Scale of the axis", [["log", "logarithmic"], ["linear", "linear"]]);
  const unit = select("Unit of the axis", [["steps", "steps"]]);
  const smooth = h("input", { type: "range", min: 0, max: 0.95, step: 0.05, value: 0, input: chosen });
  const button = (text, name, click) => h("button", { type: "button", class: "quiet", "aria-label": name, title: name, click }, text);
  const whole = button("Whole", "Show all of it", () => zoom(null));
  const tools = h("div", { class: "chart-tools", role: "group", "aria-label": "How the chart is drawn" },
    scale, unit, h("label", {}, "Smoothing ", smooth),
    h("span", { class: "joined" }, button("−", "Show more of the axis", () => scaleBy(2)), button("+", "Enlarge", () => scaleBy(0.5)), whole),
    h("span", { class: "joined saves" }, button("PNG", "Save the chart as PNG", savePicture), button("CSV", "Save the history as CSV", saveTable), button("JSON", "Save the history and its forecast as JSON", saveDocument)));
  let shown = null;
  let units = [STEPS];
  let part = null; // [from, to] in steps
  let wanted = ""; // unit that an address names, until it is known whether there is that unit
  let at = null;
  let drag = null; // pixels from where to where
  const redraw = fit(place, (width) => (shown ? drawn(axisOf(width)) : ""));

  function axisOf(width) {
    const isLinear = scale.value === "linear";
    return stepAxis(part ?? domain(shown, isLinear), width, { isLinear, unit: units.find(({ name }) => name === unit.value) ?? STEPS });
  }

  function drawn(axis) {
    const clipped = (top, bottom, ...marks) => {
      const name = `clip-${++clips}`;
      return [
        s("clipPath", { id: name }, s("rect", { x: axis.left, y: top, width: axis.right - axis.left, height: bottom - top })),
        s("g", { "clip-path": `url(#${name})` }, marks),
      ];
    };
    const svg = draw(shown, { ...axis, clipped, width: place.clientWidth }, at, Number(smooth.value));
    if (drag) svg.append(s("rect", { class: "dragged", x: Math.min(...drag), y: 0, width: Math.abs(drag[1] - drag[0]), height: svg.viewBox.baseVal.height }));
    return svg;
  }

  function chosen() {
    keep(settings());
    whole.disabled = !part;
    redraw();
  }

  function settings() {
    return {
      x: scale.value === "log" ? "" : scale.value,
      unit: unit.value === "steps" ? "" : unit.value,
      smooth: smooth.value === "0" ? "" : smooth.value,
      from: part && Math.round(part[0]),
      to: part && Math.round(part[1]),
    };
  }

  function zoom(range) {
    part = range;
    chosen();
  }

  /** Show a part as many times as wide as now, around the cursor; all of it once that is reached. */
  function scaleBy(factor) {
    const { x, left, right } = axisOf(place.clientWidth);
    const middle = at === null ? (left + right) / 2 : Math.min(right, Math.max(left, x(stepsOf(shown)[at])));
    const half = ((right - left) / 2) * factor;
    const range = [x.back(middle - half), x.back(middle + half)];
    const [low, high] = domain(shown, scale.value === "linear");
    const kept = [Math.max(low, range[0]), Math.min(high, range[1])];
    zoom(factor > 1 && kept[0] <= low * 1.001 && kept[1] >= high * 0.999 ? null : kept);
  }

  function point(index) {
    at = index;
    redraw();
    readout.textContent = at === null ? HINT : describe(shown, at);
  }

  const xOf = (event) => event.clientX - place.getBoundingClientRect().left;

  place.addEventListener("pointerdown", (event) => {
    if (!shown || event.button) return;
    place.setPointerCapture(event.pointerId);
    drag = [xOf(event), xOf(event)];
  });
  place.addEventListener("pointermove", (event) => {
    if (!shown) return;
    const axis = axisOf(place.clientWidth);
    if (drag) {
      drag[1] = Math.min(axis.right, Math.max(axis.left, xOf(event)));
      return redraw();
    }
    const index = nearest(stepsOf(shown), axis, xOf(event));
    if (index !== at) point(index);
    pointed(shown, axis, xOf(event), event.clientY - place.getBoundingClientRect().top);
  });
  const release = () => {
    if (!drag) return;
    const { x } = axisOf(place.clientWidth);
    const [from, to] = [...drag].sort((a, b) => a - b);
    drag = null;
    if (to - from < LEAST_DRAG) redraw();
    else zoom([Math.max(x.back(from), 1), x.back(to)]);
  };
  place.addEventListener("pointerup", release);
  place.addEventListener("pointercancel", () => {
    drag = null; // the finger scrolls the page
    redraw();
  });
  place.addEventListener("dblclick", () => zoom(null));
  place.addEventListener("pointerleave", () => shown && !drag && point(null));
  place.addEventListener("keydown", (event) => {
    if (!shown) return;
    const last = stepsOf(shown).length - 1;
    const moved = { ArrowLeft: (at ?? last + 1) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: last }[event.key];
    const act = { "+": () => scaleBy(0.5), "-": () => scaleBy(2), Escape: () => zoom(null) }[event.key];
    if (moved === undefined && !act) return;
    event.preventDefault();
    if (act) act();
    else point(Math.min(last, Math.max(0, moved)));
  });

  async function savePicture() {
    point(null);
    download(`${saved(shown).name}.png`, await pictureOf(place.querySelector("svg")));
  }

  function saveTable() {
    download(`${saved(shown).name}.csv`, csvOf(saved(shown).histories), "text/csv");
  }

  function saveDocument() {
    download(`${saved(shown).name}.json`, JSON.stringify(saved(shown).document, null, 1), "application/json");
  }

  return {
    elements: [tools, place],
    readout,
    redraw,
    /** Show something of which these units are known; what is pointed at stays. */
    show(what, label, known = [STEPS]) {
      shown = what;
      units = known;
      const now = wanted || unit.value;
      unit.replaceChildren(...units.map(({ name }) => h("option", { value: name, selected: name === now }, name)));
      unit.hidden = units.length < 2;
      if (at !== null && at >= stepsOf(shown).length) at = null;
      place.setAttribute("aria-label", label);
      readout.textContent = at === null ? HINT : describe(shown, at);
      whole.disabled = !part;
      redraw();
    },
    set(given) {
      scale.value = given.get("x") === "linear" ? "linear" : "log";
      wanted = given.get("unit") ?? "";
      smooth.value = given.get("smooth") ?? 0;
      const [from, to] = ["from", "to"].map((name) => Number(given.get(name)));
      part = from >= 0 && to > from ? [Math.max(1, from), to] : null;
    },
  };
}

function nearest(steps, { x }, px) {
  let best = 0;
  steps.forEach((step, k) => {
    if (Math.abs(x(step) - px) < Math.abs(x(steps[best]) - px)) best = k;
  });
  return best;
}
