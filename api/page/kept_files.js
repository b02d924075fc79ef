// The files that were dropped last, kept in this tab until it is closed: a reload shows them again.

const KEY = "grokcast-dropped";

/** Keep files with what was said of them; return false where they are too large for that, and nothing is kept. */
export async function keepFiles({ files, said, known }, typed) {
  forgetFiles();
  const contents = await Promise.all(files.map(async (file) => [file.path ?? file.name, await encoded(file)]));
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ contents, said: { ...said, map: [...said.map] }, known, typed }));
    return true;
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    return false;
  }
}

export function forgetFiles() {
  sessionStorage.removeItem(KEY);
}

/** Return what was kept, as `{files, said, known, typed}`; null where nothing was. */
export function keptFiles() {
  const kept = JSON.parse(sessionStorage.getItem(KEY));
  if (!kept) return null;
  const files = kept.contents.map(([name, content]) => named(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name.split("/").at(-1)), name));
  return { ...kept, files, said: { ...kept.said, map: new Map(kept.said.map) } };
}

/** Return a file with the path that it has in a folder. */
export function named(file, path) {
  return Object.assign(file, { path });
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
