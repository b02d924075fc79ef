// Elements of the page, made in one call.

const SVG = "http://www.w3.org/2000/svg";

/** Return an HTML element; functions among the attributes listen to the event they are named after. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Fill a list with texts, which may be none. */
export function fill(list, texts) {
  list.replaceChildren(...texts.map((text) => h("li", {}, text)));
}

let announced;

/** Say something to those who listen to the page instead of looking at it. */
export function announce(text) {
  announced ??= document.getElementById("announced");
  announced.textContent = text;
}
