// Numbers as people type them.

// Commas and blanks divide thousands only where they divide all of them: 20,000 and 1 000 000, not 0,001 or 1,5.
const THOUSANDS = /^[1-9]\d{0,2}([, \u00a0\u202f])\d{3}(\1\d{3})*(\.\d+)?$/;
const DECIMAL_COMMA = /^([+-]?\d*),(\d+(e[+-]?\d+)?)$/i;
const FRACTION = /^([\d.,]+)\s*\/\s*([\d.,]+)$/;

/** Return a number that may be written 1e-3, 20,000, 0,001 or 1/97; text that is no number as it is. */
export function number(text) {
  const fraction = text.match(FRACTION);
  if (fraction) {
    const [above, below] = [number(fraction[1]), number(fraction[2])];
    return Number.isFinite(above / below) ? above / below : text;
  }
  const found = Number(plain(text));
  return text && Number.isFinite(found) ? found : text;
}

/** Return the digits of a number without the signs that divide thousands, and with a point. */
function plain(text) {
  if (THOUSANDS.test(text)) return text.replaceAll(/[, \u00a0\u202f]/g, "");
  return text.replace(DECIMAL_COMMA, "$1.$2");
}
