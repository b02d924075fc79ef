// The forecaster that answers, and how good it was on runs that it had not seen.

import { h } from "./elements.js";
import { intervalsFigure } from "./intervals.js";
import { ask } from "./service.js";
import { decimals, percent, steps } from "./words.js";

/** Show the active forecaster's card. */
export async function showForecaster() {
  const body = document.getElementById("forecaster-body");
  try {
    const { forecaster: version } = await ask("/readyz");
    const card = await ask(`/v1/forecasters/${encodeURIComponent(version)}`);
    body.replaceChildren(...[lead(card), tiles(card), blind(card), plots(card), table(card)].filter(Boolean));
  } catch (problem) {
    body.replaceChildren(h("p", { class: "fault" }, problem.message));
  }
}

function lead({ version, corpus, benchmark }) {
  const learnt = corpus ? ` Trained on ${steps(corpus.runs)} runs of ${steps(corpus.configurations)} configurations.` : "";
  const held = benchmark?.headline ? ` Figures are for held-out configurations, forecast ${benchmark.headline.landmark}, before validation accuracy rises; 95 % intervals in brackets.` : " It has no benchmark figures.";
  return h("p", {}, h("strong", {}, `Forecaster ${version}.`), learnt, held);
}

function tiles({ benchmark }) {
  const { whether = {}, when = {}, alarm = {}, decision = {} } = benchmark?.headline ?? {};
  const shown = [
    ["Whether: AUROC", whether.auroc, decimals, "0.5 is chance, 1 is perfect"],
    ["When: error of log10 onset", when.log10_mae, decimals, when.noise_floor && `two seeds of one configuration differ by ${decimals(when.noise_floor.difference)}`],
    ["Coverage of 90 % intervals", when.coverage90, percent, "should be 90 %"],
    ["Grokking runs detected", alarm.coverage, percent, alarm.fpr && `at ${percent(alarm.fpr.value)} false alarms`],
    ["Compute of a sweep", decision.grokcast?.compute, percent, decision.grokcast && `keeping ${percent(decision.grokcast.kept.value)} of grokking runs`],
  ].filter(([, figure]) => figure?.value !== null && figure?.value !== undefined);
  if (!shown.length) return null;
  return h("dl", { class: "tiles" }, shown.map(([name, figure, text, note]) => h("div", {},
    h("dt", {}, name),
    h("dd", {}, h("b", {}, text(figure.value)), h("small", {}, `[${text(figure.low)}, ${text(figure.high)}]`), note && h("small", {}, note)))));
}

/** Return what came of the blind tests, where the forecaster was put to them. */
function blind({ benchmark }) {
  const landmark = benchmark?.headline?.landmark;
  const [first, second] = [benchmark?.blind?.[landmark]?.methods, benchmark?.second_blind?.[landmark]?.methods];
  if (!first || !second) return null;
  const [ours, context] = ["grokcast", "context only, boosted"].map((name) => [first, second].map((methods) => decimals(methods[name].auroc.value)).join(" and "));
  const held = benchmark.second_blind["any, before the rise"]?.coverage90?.value;
  return h("p", {}, h("strong", {}, "Blind tests."), ` On configurations that were frozen before any forecaster saw them, AUROC is ${ours}; the context alone has ${context}.`,
    held == null ? "" : ` Of the second's slow runs and settings near the edge the 90 % intervals hold ${percent(held)} of the onsets: there they are too narrow.`);
}

function methodsOf({ benchmark }) {
  return benchmark?.tables?.[benchmark.headline?.landmark]?.methods ?? {};
}

function pick(methods, name) {
  return Object.fromEntries(Object.entries(methods).map(([method, figures]) => [method, figures[name]]));
}

function plots(card) {
  const methods = methodsOf(card);
  const sets = card.benchmark?.signal_sets ?? {};
  const figures = [
    intervalsFigure("Whether", "AUROC, beside every baseline", pick(methods, "auroc"), { own: "grokcast" }),
    intervalsFigure("When", "mean error of log10 onset; less is better", pick(methods, "log10_mae"), { own: "grokcast", isLessBetter: true }),
    intervalsFigure("What you give it", "AUROC by available signals", pick(sets, "auroc"), { own: "everything" }),
  ].filter(Boolean);
  return figures.length ? h("div", { class: "grid" }, figures) : null;
}

function table(card) {
  const methods = Object.entries(methodsOf(card));
  if (!methods.length) return null;
  const columns = [["auroc", "AUROC"], ["brier", "Brier"], ["log10_mae", "log10 MAE"], ["mape", "MAPE"]];
  const cell = (figure) => h("td", {}, decimals(figure?.value), figure?.low == null ? null : h("small", {}, ` [${decimals(figure.low)}, ${decimals(figure.high)}]`));
  return h("details", {}, h("summary", {}, "The figures"),
    h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Benchmark figures by method" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Method"), columns.map(([, name]) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, methods.map(([name, figures]) => h("tr", { class: name === "grokcast" ? "own" : null }, h("th", { scope: "row" }, name), columns.map(([key]) => cell(figures[key]))))))));
}
