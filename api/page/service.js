// The service, asked with the key of this tab if there is one.

const KEY = "grokcast-key";

/** What the service could not do, in its own words (RFC 9457). */
export class Problem extends Error {
  constructor({ detail, status = 0, errors = [], ...more }) {
    super(detail);
    this.status = status;
    this.faults = errors.length ? errors : [{ field: "", text: detail }];
    this.more = more;
  }
}

export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Keep a key until the tab is closed; an empty one forgets it. */
export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** Return the answer of a route, null where it has none. Throws a Problem; where a key is missing or wrong, the page hears of it too. */
export async function ask(path, { method, body, signal, keepalive = false } = {}) {
  const sent = body === undefined ? { method: method ?? "GET" } : { method: method ?? "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await send(path, { ...sent, signal, keepalive });
  return response.status === 204 ? null : response.json();
}

/** Return the answer of a route that takes bytes. */
export async function post(path, bytes) {
  const sent = { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: bytes };
  return (await send(path, sent)).json();
}

/**
 * Follow a stream of events until the signal aborts, and begin anew where it breaks off.
 *
 * EventSource cannot send a key, so the stream is read by hand.
 */
export async function follow(path, { signal, since, onEvent, onState = () => {} }) {
  let wait = 1;
  while (!signal.aborted) {
    let refusal;
    try {
      const headers = { Accept: "text/event-stream", ...(since ? { "Last-Event-ID": since } : {}) };
      const response = await send(path, { headers, signal });
      onState("live");
      wait = 1;
      for await (const event of eventsOf(response.body)) {
        since = event.id ?? since;
        onEvent(event.name, event.data);
      }
    } catch (problem) {
      if (signal.aborted) return;
      if ([401, 403, 404].includes(problem.status)) return onState("refused", problem);
      refusal = problem;
    }
    onState("waiting", refusal);
    await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
    wait = Math.min(2 * wait, 30);
  }
}

async function send(path, options) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ detail: "The service does not answer. Is it still running?" });
  }
  if (response.ok) return response;
  const problem = new Problem(await response.json().catch(() => ({ detail: `The service answered ${response.status}.`, status: response.status })));
  if (problem.status === 401) dispatchEvent(new CustomEvent("keyneeded", { detail: problem.message }));
  throw problem;
}

async function* eventsOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r", "");
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (fields.data) yield { name: fields.event, id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}
