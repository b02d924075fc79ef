// A chart as a picture: its marks are painted one by one, since the page may load no picture that it made itself.

const SCALE = 2; // pixels of the picture for one of the page

/** Return the PNG of an SVG as it is shown, on the colour behind it. */
export function pictureOf(svg) {
  const { width, height } = svg.viewBox.baseVal;
  const margin = 12;
  const canvas = new OffscreenCanvas(SCALE * (width + 2 * margin), SCALE * (height + 2 * margin));
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(svg.closest("figure")).backgroundColor;
  context.fillRect(0, 0, width + 2 * margin, height + 2 * margin);
  context.translate(margin, margin);
  paint(context, svg);
  return canvas.convertToBlob({ type: "image/png" });
}

function paint(context, element) {
  const kind = element.tagName;
  if (["linearGradient", "clipPath"].includes(kind)) return;
  context.save();
  const clip = named(element, "clip-path");
  if (clip) context.clip(shapeOf(clip.firstElementChild));
  if (kind === "text") write(context, element);
  else if (["line", "path", "rect", "circle"].includes(kind)) mark(context, element);
  for (const child of element.children) paint(context, child);
  context.restore();
}

function mark(context, element) {
  const style = getComputedStyle(element);
  const shape = shapeOf(element);
  const opacity = Number(style.opacity);
  if (style.fill !== "none") {
    context.globalAlpha = opacity * Number(style.fillOpacity);
    context.fillStyle = named(element, "fill") ? gradient(context, element) : style.fill;
    context.fill(shape);
  }
  if (style.stroke === "none") return;
  context.globalAlpha = opacity * Number(style.strokeOpacity);
  context.strokeStyle = style.stroke;
  context.lineWidth = parseFloat(style.strokeWidth);
  context.lineJoin = "round";
  context.lineCap = style.strokeLinecap;
  context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(",").map(parseFloat));
  context.stroke(shape);
}

function shapeOf(element) {
  const at = (name) => Number(element.getAttribute(name));
  const shape = new Path2D(element.tagName === "path" ? element.getAttribute("d") : undefined);
  if (element.tagName === "rect") shape.rect(at("x"), at("y"), at("width"), at("height"));
  if (element.tagName === "circle") shape.arc(at("cx"), at("cy"), at("r"), 0, 2 * Math.PI);
  if (element.tagName === "line") {
    shape.moveTo(at("x1"), at("y1"));
    shape.lineTo(at("x2"), at("y2"));
  }
  return shape;
}

/** Return the element that an attribute names as `url(#id)`. */
function named(element, attribute) {
  const id = element.getAttribute(attribute)?.match(/^url\(#(.+)\)$/)?.[1];
  return id && document.getElementById(id);
}

function gradient(context, element) {
  const [from, width] = ["x", "width"].map((name) => Number(element.getAttribute(name)));
  const found = context.createLinearGradient(from, 0, from + width, 0);
  for (const stop of named(element, "fill").children) {
    const { stopColor, stopOpacity } = getComputedStyle(stop);
    const [r, g, b] = stopColor.match(/[\d.]+/g);
    found.addColorStop(Number(stop.getAttribute("offset")), `rgb(${r} ${g} ${b} / ${stopOpacity})`);
  }
  return found;
}

function write(context, element) {
  const style = getComputedStyle(element);
  const [x, y] = ["x", "y"].map((name) => Number(element.getAttribute(name)));
  context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.textAlign = { middle: "center", end: "end" }[style.textAnchor] ?? "start";
  if (style.stroke !== "none") {
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth);
    context.lineJoin = "round";
    context.strokeText(element.textContent, x, y);
  }
  context.fillStyle = style.fill;
  context.fillText(element.textContent, x, y);
}
