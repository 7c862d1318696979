// @ts-check
// What the parts of a saved picture share: how SVG is written, and what files are called. No DOM.

/** @typedef {Record<string, string|number|undefined>} Attributes */

/**
 * Text for XML, without the characters that XML does not know.
 * @param {string} text
 */
export const escape = (text) =>
  text
    // eslint-disable-next-line no-control-regex -- a user's own text may hold them
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/**
 * A number for SVG: a hundredth of a pixel is enough.
 * @param {number} value
 */
export const short = (value) => String(Number(value.toFixed(2)));

/**
 * An element as text; attributes that are undefined or "" are left out.
 * @param {string} name
 * @param {Attributes} attributes
 * @param {string} inside SVG
 */
export function tag(name, attributes, inside = "") {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : escape(String(value))}"`);
  return `<${name}${written.join("")}${inside ? `>${inside}</${name}>` : "/>"}`;
}

/**
 * The kind of a font that is there on any computer: the page's own is not in the file.
 * @param {string} family CSS
 */
export function generic(family) {
  if (/mono|courier|consolas|menlo/i.test(family)) return "monospace";
  return /(^|[^-])\bserif\b/i.test(family.replaceAll("sans-serif", "")) ? "serif" : "sans-serif";
}

/**
 * Words drawn at a place. Their width is the page's, whatever font the reader's computer has.
 * @param {string} words
 * @param {{ x: number, y: number, width: number, size: number, family: string, weight?: string, style?: string }} look
 * @param {Attributes} more
 */
export function textTag(words, { x, y, width, size, family, weight = "400", style = "normal" }, more = {}) {
  const fitted = [...words].length > 1 && width > 0 ? { textLength: width, lengthAdjust: "spacingAndGlyphs" } : {};
  const plain = weight === "400" || weight === "normal";
  return tag(
    "text",
    { x, y, ...fitted, "font-family": generic(family), "font-size": size, "font-weight": plain ? undefined : weight, "font-style": style === "normal" ? undefined : style, ...more },
    escape(words),
  );
}

const LONGEST = 60; // characters of a part of a file's name

/**
 * A file's name from what it holds: "hidden-states_units_Model5_step-449.png".
 * @param {(string|number|null|undefined)[]} parts page, picture, run and step, as far as there are
 * @param {string} suffix
 */
export function fileName(parts, suffix) {
  const plain = parts.map((part) =>
    String(part ?? "")
      .normalize("NFKD")
      .replaceAll(/[^\w.]+/g, "-")
      .slice(0, LONGEST)
      .replaceAll(/^[-.]+|[-.]+$/g, ""),
  );
  return `${plain.filter(Boolean).join("_") || "picture"}.${suffix}`;
}

/**
 * What a file is about: page and picture, then run and step as far as there are.
 * @param {{ picture: string, id: string }} data of the mount; a chart that is about no run has a name by its id alone
 * @param {string[]} shown the run, or the runs
 * @param {number|null} step
 */
export function partsOf({ picture, id }, shown, step) {
  const names = picture.startsWith("kit/") ? [id] : picture.split("/");
  return [...names, shown.join("-"), step === null ? "" : `step-${step}`];
}

/**
 * The same as a line below the picture.
 * @param {{ picture: string, id: string }} data
 * @param {string[]} shown
 * @param {number|null} step
 */
export function noteOf(data, shown, step) {
  const names = partsOf(data, [], null).filter(Boolean);
  const about = [names.join(", ").replaceAll("_", " "), shown.length > 0 && `${shown.length > 1 ? "runs" : "run"} ${shown.join(", ")}`];
  return ["hnviz", ...about, step !== null && `training step ${step.toLocaleString("en")}`].filter(Boolean).join(" \u00b7 ");
}
