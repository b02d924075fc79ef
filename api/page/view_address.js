// The address of what is shown: `#/runs/ID?x=linear` names a view and how it is set, so that a link shows it again.

/** Return the path of the address, such as `/runs/ID`, and its settings; of a link to a part of the page, its name. */
export function address() {
  const [path, settings = ""] = location.hash.slice(1).split("?", 2);
  return { path, settings: new URLSearchParams(settings) };
}

/** Write settings of a view into the address, without a step of the browser's history; an empty one is left out. */
export function remember(path, changes) {
  const { path: shown, settings } = address();
  const kept = shown === path ? settings : new URLSearchParams();
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null || value === undefined) kept.delete(name);
    else kept.set(name, value);
  }
  const text = String(kept);
  history.replaceState(null, "", `#${path}${text ? `?${text}` : ""}`);
}
