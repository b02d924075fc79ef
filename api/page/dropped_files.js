// The files in what was dropped: those of folders too, but for what is no history by its name or its size.

import { named } from "./kept_files.js";

const MOST_BYTES = 16 * 2 ** 20; // what the service takes
const NO_HISTORY = /(^|\/)\.|\.(pt|pth|ckpt|safetensors|bin|pkl|pickle|joblib|onnx|py|ipynb|sh|png|jpe?g|gif|svg|pdf|html|zip|tar|tgz)$/i;

/** Return the files of a drop. Call it while the event is handled: after that the browser tells nothing of it. */
export async function filesOf({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...files];
  const found = await Promise.all(entries.map((entry) => (entry ? within(entry) : [])));
  return histories(found.flat());
}

/** Return the files of folders that were chosen, with their paths. */
export function chosenFiles(files) {
  return histories([...files].map((file) => named(file, file.webkitRelativePath || file.name)));
}

function histories(files) {
  return files.filter(({ path, size }) => !NO_HISTORY.test(path) && size <= MOST_BYTES).sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function within(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [named(await new Promise((resolve, reject) => entry.file(resolve, reject)), path)];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return found;
    found.push(...(await Promise.all(some.map(within))).flat());
  }
}
