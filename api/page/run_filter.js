// The filter of the list: words, and conditions on fields such as `weight_decay > 0.1 status:live`, parsed and never evaluated as code.

import { number } from "./numbers.js";
import { OWN_FIELDS, fieldOf } from "./run_fields.js";

const TOKEN = /\s*(?:"([^"]*)"|([()])|(<=|>=|!=|==|[<>=:])|([^\s()<>=:!"]+))/y;
const SHOWN = 12;
const ALIASES = { live: "running" };

/** Why a filter cannot be understood, and the next move. */
export class FilterError extends Error {}

/**
 * Return a function that says whether a run matches. Throws a FilterError.
 *
 * Conditions stand beside each other, with `or`, `not` and brackets. A word alone is looked for in the name and in what the context says in words.
 * `contexts` are the fields that contexts have.
 */
export function parseFilter(text, contexts) {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at] ?? {};
  const isWord = (word) => peek().word?.toLowerCase() === word;
  const ends = () => at >= tokens.length || peek().bracket === ")" || isWord("or");

  function either() {
    const parts = [all()];
    while (isWord("or")) {
      at++;
      if (ends()) throw new FilterError("Nothing stands after `or`; write a condition there, as in status:live or advice:stop");
      parts.push(all());
    }
    return (run) => parts.some((part) => part(run));
  }

  function all() {
    const parts = [];
    while (!ends()) parts.push(one());
    return (run) => parts.every((part) => part(run));
  }

  function one() {
    if (isWord("not")) {
      at++;
      if (ends()) throw new FilterError("Nothing stands after `not`; write a condition there, as in not status:finished");
      const part = one();
      return (run) => !part(run);
    }
    const { word, text: quoted, bracket, operator } = tokens[at++];
    if (bracket === "(") {
      const part = either();
      if (tokens[at++]?.bracket !== ")") throw new FilterError("A bracket is open; expected ) at its end");
      return part;
    }
    if (operator) throw new FilterError(`No field stands before ${operator}; write one there, as in weight_decay ${operator} 0.1`);
    if (peek().operator === undefined) return search(word ?? quoted);
    return condition(word ?? quoted, tokens[at++].operator, tokens[at++]);
  }

  function condition(name, operator, token) {
    const value = token?.word ?? token?.text;
    if (value === undefined) throw new FilterError(`${name} ${operator} is not complete; write a value after it, as in ${name} ${operator} 0.1`);
    if (!OWN_FIELDS.includes(name) && !contexts.has(name)) throw unknown(name, operator, value, contexts);
    return comparison(name, operator, value);
  }

  const found = either();
  if (at < tokens.length) throw new FilterError("A bracket is closed that was not opened; remove the )");
  return found;
}

function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let rest = text.trimEnd(); TOKEN.lastIndex < rest.length; ) {
    const begin = TOKEN.lastIndex;
    const match = TOKEN.exec(rest);
    if (!match) throw new FilterError(`${rest.slice(begin).trim().slice(0, 20)} cannot be read; expected words or conditions, as in weight_decay > 0.1 status:live`);
    const [, quoted, bracket, operator, word] = match;
    tokens.push({ text: quoted, bracket, operator, word });
  }
  return tokens;
}

function unknown(name, operator, value, contexts) {
  const fields = [...contexts.keys(), ...OWN_FIELDS];
  const more = fields.length > SHOWN ? ` and ${fields.length - SHOWN} more` : "";
  return new FilterError(`No run has a field ${name}; expected one of ${fields.slice(0, SHOWN).join(", ")}${more}. To search names, quote it: "${name}${operator}${value}"`);
}

function search(word) {
  const wanted = word.toLowerCase();
  return ({ run_id: name, context }) => [name, ...Object.values(context).filter((value) => typeof value === "string")].some((text) => text.toLowerCase().includes(wanted));
}

function comparison(name, operator, text) {
  const wanted = number(text);
  const measure = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b }[operator];
  if (measure) {
    if (typeof wanted !== "number") throw new FilterError(`${name} ${operator} ${text}: ${text} is no number; write one, or ${name}:${text}`);
    return (run) => {
      const found = fieldOf(run, name);
      return typeof found === "number" && measure(found, wanted);
    };
  }
  const word = (ALIASES[text.toLowerCase()] ?? text).toLowerCase();
  const matches = (run) => {
    const found = fieldOf(run, name);
    if (typeof found === "number") return typeof wanted === "number" && Math.abs(found - wanted) <= 1e-9 * Math.abs(wanted);
    const shown = found === null ? "" : String(found).toLowerCase();
    return operator === ":" ? shown.includes(word) : shown === word;
  };
  return operator === "!=" ? (run) => !matches(run) : matches;
}
