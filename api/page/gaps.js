// What to tell next: fields that were not given, with what likely values would do to the forecast, to be filled in there and then.

import { h } from "./elements.js";
import { capital } from "./question_form.js";
import { percent, quantity } from "./words.js";

const SHOWN = 3;

/** Return an element for gaps, and a function that shows them; `tell([[name, text], ...])` is called with what was filled in. */
export function gapsView(tell) {
  const fields = h("div", { class: "fields" });
  const form = h("form", { class: "card wide gaps", hidden: true, submit: (event) => {
    event.preventDefault();
    const said = [...form.elements].filter(({ name, value }) => name && value.trim()).map(({ name, value }) => [name.replace("gap.", "context."), value.trim()]);
    if (said.length) tell(said);
  } }, h("h3", {}, "What to tell next"),
  h("p", { class: "note" }, "Not given yet, the most telling first; below each stands the forecast with values that runs like this one have."), fields);
  return {
    element: form,
    show(all) {
      const gaps = (all ?? []).filter(({ kind }) => kind === "context"); // of a file, no signal can be told there and then
      form.hidden = !gaps.length;
      fields.replaceChildren(...gaps.slice(0, SHOWN).map(field), h("button", {}, "Forecast with these"));
    },
  };
}

function field({ name, examples }) {
  const [low, high] = [...examples].sort((a, b) => a.probability - b.probability).filter((_, k, all) => k === 0 || k === all.length - 1);
  return h("label", {}, capital(name.replaceAll("_", " ")), h("input", { name: `gap.${name}`, autocomplete: "off", placeholder: shown(high.value) }),
    h("small", {}, `${percent(low.probability)} at ${shown(low.value)}, ${percent(high.probability)} at ${shown(high.value)}`));
}

function shown(found) {
  return typeof found === "number" ? quantity(found) : found;
}
