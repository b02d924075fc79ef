// A forecast, shown: the same for a file that was dropped and for a live run.

import { curvesFigure } from "./curves.js";
import { h } from "./elements.js";
import { timelineFigure } from "./timeline.js";
import { ACTIONS, OUTCOMES, PHASES, headline, percent, steps, value, when } from "./words.js";

const DRIVERS = "Drivers of the forecast"; // longer than the other cards

/** Return an element for forecasts, and a function that shows one with its history and, of a run, all before it. */
export function forecastView() {
  const curves = curvesFigure();
  const timeline = timelineFigure();
  const [summary, cards, numbers] = [h("div", { class: "said" }), h("div", { class: "cards" }), h("div")];
  const moved = h("section", { hidden: true }, h("h3", {}, "How the forecast changed"), timeline.element);
  return {
    element: h("div", { class: "forecast" }, summary, curves.element, cards, moved, numbers),
    show(history, forecast, before = []) {
      summary.replaceChildren(...summaryOf(forecast));
      curves.show(history, forecast);
      cards.replaceChildren(...[advice(forecast), drivers(forecast), outcomes(forecast), support(forecast)].filter(Boolean));
      moved.hidden = before.length < 2;
      if (!moved.hidden) timeline.show(before);
      const wasOpen = numbers.querySelector("details")?.open ?? false;
      numbers.replaceChildren(figures(forecast, wasOpen));
    },
  };
}

function summaryOf(forecast) {
  const isOpen = forecast.phase !== "generalized";
  return [
    isOpen && forecast.support.in_support && h("p", { class: "chance" }, h("b", {}, percent(forecast.probability_onset_by_horizon)), h("span", {}, "to generalise")),
    h("div", {},
      h("p", { class: "headline" }, headline(forecast)),
      h("p", {}, when(forecast)),
      h("p", { class: "tags" }, forecast.phase && h("span", { class: `tag ${forecast.phase}` }, PHASES[forecast.phase]),
        h("span", { class: "tag" }, `observed up to step ${steps(forecast.observed_until_step)}`),
        !forecast.support.in_support && h("span", { class: "tag caution" }, "unlike the training corpus")),
      forecast.warnings.length > 0 && h("ul", { class: "warnings", "aria-label": "Warnings" }, forecast.warnings.map((text) => h("li", {}, text)))),
  ].filter(Boolean);
}

function card(title, ...content) {
  return h("section", { class: title === DRIVERS ? "card wide" : "card" }, h("h3", {}, title), content);
}

function advice({ advice, phase, support }) {
  if (phase === "generalized" || !support.in_support) return null;
  const again = advice.check_again_step;
  return card("Advice",
    h("p", { class: `action ${advice.action}` }, ACTIONS[advice.action]),
    h("p", {}, `${sentence(advice.reason)}${again === null ? "" : ` Check again at step ${steps(again)}.`}`),
    h("p", { class: "note" }, `Of runs that it had not seen: of those that did not generalise, ${percent(advice.false_positive_rate)} were told to go on; of those that did, ${percent(advice.false_stop_rate)} were told to stop.`));
}

function sentence(text) {
  const end = /[.!?]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

function drivers({ drivers, support }) {
  if (!drivers.length || !support.in_support) return null;
  const most = Math.max(...drivers.map(({ effect }) => Math.abs(effect)));
  return card(DRIVERS,
    h("ul", { class: "drivers" }, drivers.map(({ feature, effect, text }) => h("li", { title: feature },
      h("span", {}, text),
      h("meter", { class: effect > 0 ? "sooner" : "later", min: 0, max: most, value: Math.abs(effect), "aria-label": `${effect > 0 ? "sooner" : "later"}, by ${value(Math.abs(effect))}` })))));
}

function outcomes({ outcome_probabilities: chances, horizon_step: horizon, phase, support }) {
  if (phase === "generalized" || support.score === 0) return null;
  return card(`By step ${steps(horizon)}`,
    h("ul", { class: "outcomes" }, Object.entries(OUTCOMES).map(([name, [title, meaning]]) => h("li", {},
      h("span", {}, title, h("small", {}, ` ${meaning}`)),
      h("b", {}, percent(chances[name] ?? 0)),
      h("meter", { class: name, min: 0, max: 1, value: chances[name] ?? 0, "aria-label": meaning })))));
}

function support({ support, forecaster }) {
  const missing = support.signals_missing;
  return card("Similarity to the training corpus",
    h("p", { class: "action" }, support.in_support ? "Within its range" : "Outside its range"),
    h("meter", { min: 0, max: 1, value: support.score, class: support.in_support ? "grokking" : "later", "aria-label": "support" }),
    !support.in_support && h("ul", { class: "warnings", "aria-label": "What is foreign or missing" }, support.reasons.map((reason) => h("li", {}, sentence(reason)))),
    h("p", {}, support.in_support ? "" : `${percent(1 - support.score)} of the forecast is the average of the runs learnt from. `,
      `Signals used: ${listed(support.signals_used)}.`, missing.length ? ` Recording these would improve the forecast: ${listed(missing)}.` : ""),
    h("p", { class: "note" }, `Support ${value(support.score)} of 1; forecaster ${forecaster}.`));
}

function listed(names) {
  const shown = names.slice(0, 6);
  return names.length ? shown.join(", ") + (names.length > 6 ? ` and ${names.length - 6} more` : "") : "nothing";
}

function figures(forecast, open) {
  const rows = [["Onset", forecast.onset_step], ["Onset, given onset by the horizon", forecast.onset_step_if_onset], ["Delay after memorisation", forecast.delay_steps], ["Delay, given onset by the horizon", forecast.delay_steps_if_onset]];
  const cell = (number, status) => h("td", {}, number !== null ? steps(number) : status === "not_known_yet" ? "not known yet" : "beyond support");
  return h("details", { open }, h("summary", {}, "The numbers"),
    h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Quantiles in steps" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Steps", "5 %", "Median", "95 %"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map(([name, q]) => h("tr", {}, h("th", { scope: "row" }, name), [q.p05, q.p50, q.p95].map((number) => cell(number, q.status))))))),
    h("p", { class: "note" }, `Target ${value(forecast.target_accuracy)}; horizon step ${steps(forecast.horizon_step)}; supported until step ${steps(forecast.supported_until_step)}; memorised ${forecast.memorization_step === null ? "not yet" : `at step ${steps(forecast.memorization_step)}`}.`));
}
