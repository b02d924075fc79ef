// What is shown, as files.

import { h } from "./elements.js";

/** Hand a file to whoever looks at the page. */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Return histories as a table, `[[run, history], ...]`: a line a checkpoint, with the run before it where there are several. */
export function csvOf(histories) {
  const several = histories.length > 1;
  const signals = [...new Set(histories.flatMap(([, history]) => Object.keys(history)))];
  const lines = histories.flatMap(([run, history]) =>
    history.step.map((_, k) => [...(several ? [quoted(run)] : []), ...signals.map((name) => history[name]?.[k] ?? "")].join(",")));
  return `${[[...(several ? ["run"] : []), ...signals].join(","), ...lines].join("\n")}\n`;
}

function quoted(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
