// A forecast, shown: the same for a file that was dropped and for a live run.

import { curvesFigure } from "./curves.js";
import { h } from "./elements.js";
import { capital } from "./question_form.js";
import { timelineFigure } from "./timeline.js";
import { OUTCOMES, PHASES, headline, percent, quantity, said, steps, value, verdict } from "./words.js";

const DRIVERS = "Drivers of the forecast"; // longer than the other cards
// What is said below the headline, which has the advice; outcomes have a card.
const SUMMARY = ["now", "error_rate", "no_advice", "not_recorded", "average", "look_again", "horizon", "onset", "onset_if_onset", "delay_if_onset", "clock"];

/**
 * Return an element for forecasts, and functions that show one of a `{history, context}` with, of a run, all before it, and that take
 * the settings of an address; `keep(settings)` is called with how the curves are drawn.
 */
export function forecastView(keep) {
  const curves = curvesFigure(keep);
  const timeline = timelineFigure();
  const [summary, cards, numbers] = [h("div", { class: "said" }), h("div", { class: "cards" }), h("div")];
  const moved = h("section", { hidden: true }, h("h3", {}, "How the forecast changed"), timeline.element);
  return {
    element: h("div", { class: "forecast" }, summary, curves.element, cards, moved, numbers),
    set: curves.set,
    show(name, recorded, forecast, before = []) {
      summary.replaceChildren(...summaryOf(forecast));
      curves.show(name, recorded, forecast);
      cards.replaceChildren(...[drivers(forecast), outcomes(forecast), support(forecast)].filter(Boolean));
      moved.hidden = before.length < 2;
      if (!moved.hidden) timeline.show(before);
      const wasOpen = numbers.querySelector("details")?.open ?? false;
      numbers.replaceChildren(figures(forecast, wasOpen));
    },
  };
}

function summaryOf(forecast) {
  const { phase, support, probability_onset_by_horizon: chance } = forecast;
  const warnings = forecast.warnings.filter((text) => !support.reasons.length || !text.startsWith(support.reasons.join("; ")));
  return [
    phase !== "generalized" && support.in_support && h("p", { class: "chance" }, h("b", {}, percent(chance)), h("span", {}, "to generalise")),
    h("div", {},
      h("p", { class: "headline" }, adviceOf(forecast), headline(forecast)),
      h("p", { class: "tags" }, phase && h("span", { class: `tag ${phase}` }, PHASES[phase]),
        !support.in_support && h("span", { class: "tag caution" }, "unlike the training corpus")),
      sentences(said(forecast, SUMMARY)),
      warnings.length > 0 && h("ul", { class: "warnings", "aria-label": "Warnings" }, warnings.map((text) => h("li", {}, text)))),
  ].filter(Boolean);
}

/** Return the advice as a dot with its word; nothing where there is none. */
function adviceOf({ phase, support, advice }) {
  if (phase === "generalized" || !support.in_support) return null;
  const { kind, text } = verdict({ phase, in_support: support.in_support, action: advice.action });
  return h("span", { class: `verdict ${kind}` }, h("i", { class: `dot ${kind}`, "aria-hidden": "true" }), `${text}. `);
}

/** Return a list of sentences; those of one title belong together. */
function sentences(all) {
  return h("dl", { class: "words" }, all.map(({ title, text }, k) => [
    title !== all[k - 1]?.title && h("dt", {}, sentence(title, "")),
    h("dd", {}, sentence(text)),
  ]));
}

function card(title, ...content) {
  return h("section", { class: title === DRIVERS ? "card wide" : "card" }, h("h3", {}, title), content);
}

/** Return a text as a sentence. */
function sentence(text, end = ".") {
  return capital(text) + (/[.!?]$/.test(text) ? "" : end);
}

function drivers({ drivers, support }) {
  if (!drivers.length || !support.in_support) return null;
  const most = Math.max(...drivers.map(({ effect }) => Math.abs(effect)));
  return card(DRIVERS,
    h("ul", { class: "drivers" }, drivers.map(({ feature, effect, text }) => h("li", { title: feature },
      h("span", {}, text),
      h("meter", { class: effect > 0 ? "sooner" : "later", min: 0, max: most, value: Math.abs(effect), "aria-label": `${effect > 0 ? "sooner" : "later"}, by ${value(Math.abs(effect))}` })))));
}

/** Return a card of the classes, the likeliest first. */
function outcomes(forecast) {
  const classes = said(forecast, OUTCOMES);
  if (!classes.length) return null;
  return card(`${sentence(classes[0].title, "")}, the likeliest first`,
    h("ul", { class: "outcomes" }, classes.map(({ about, text }, k) => h("li", { class: k === 0 ? "likeliest" : null },
      h("span", {}, text),
      h("meter", { class: about, min: 0, max: 1, value: forecast.outcome_probabilities[about], "aria-label": text })))));
}

function support({ support, forecaster }) {
  const missing = support.signals_missing;
  return card("Similarity to the training corpus",
    h("p", { class: "action" }, support.in_support ? "Within its range" : "Outside its range"),
    h("meter", { min: 0, max: 1, value: support.score, class: support.in_support ? "grokking" : "later", "aria-label": "support" }),
    h("p", {}, `Signals used: ${listed(support.signals_used)}.`,
      support.in_support && missing.length ? ` Recording these would improve the forecast: ${listed(missing)}.` : ""),
    h("p", { class: "note" }, `Support ${value(support.score)} of 1; forecaster ${forecaster}.`));
}

function listed(names) {
  const shown = names.slice(0, 6);
  return names.length ? shown.join(", ") + (names.length > 6 ? ` and ${names.length - 6} more` : "") : "nothing";
}

function figures(forecast, open) {
  const { delay_epochs: epochs, delay_epochs_if_onset: epochsIf } = forecast;
  const rows = [
    ["Onset", forecast.onset_step],
    ["Onset, given onset by the horizon", forecast.onset_step_if_onset],
    ["Delay after memorisation", forecast.delay_steps],
    ["Delay, given onset by the horizon", forecast.delay_steps_if_onset],
    ["Delay in epochs", epochs],
    ["Delay in epochs, given onset by the horizon", epochsIf],
  ].filter(([, quantiles]) => quantiles !== null);
  const cell = (number, status) => h("td", {}, number !== null ? quantity(number) : status === "not_known_yet" ? "not known yet" : "beyond support");
  return h("details", { open }, h("summary", {}, "The numbers"),
    h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Quantiles in steps" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Steps", "5 %", "Median", "95 %"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map(([name, q]) => h("tr", {}, h("th", { scope: "row" }, name), [q.p05, q.p50, q.p95].map((number) => cell(number, q.status))))))),
    h("p", { class: "note" }, `Target ${value(forecast.target_accuracy)}; horizon step ${steps(forecast.horizon_step)}; supported until step ${steps(forecast.supported_until_step)}; memorised ${forecast.memorization_step === null ? "not yet" : `at step ${steps(forecast.memorization_step)}`}.`));
}
