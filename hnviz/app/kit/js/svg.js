// @ts-check
// Makes SVG elements.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {Element} parent
 * @param {string} name
 * @param {Record<string, string|number>} [attributes]
 * @param {string} [text]
 */
export function add(parent, name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  parent.append(made);
  return made;
}
