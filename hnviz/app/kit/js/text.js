// @ts-check
// Sentences with **bold** parts, as Python writes them.

/**
 * No line ends between a number and its percent sign.
 * @param {string} text
 */
export const unbroken = (text) => text.replaceAll(" %", "\u00a0%");

/**
 * @param {string} sentence
 * @returns {(string|HTMLElement)[]} nodes: elements for the bold parts, else text
 */
export function boldNodes(sentence) {
  return unbroken(sentence).split("**").map((part, at) => (at % 2 ? strong(part) : part));
}

/**
 * The same of a sentence that the browser puts together, whose words may hold any sign.
 * @param {(string|string[])[]} parts [text] is bold
 * @returns {{ nodes: (string|HTMLElement)[], plain: string }} `plain` is for screen readers
 */
export function partNodes(parts) {
  const nodes = parts.map((part) => (typeof part === "string" ? unbroken(part) : strong(unbroken(part[0]))));
  return { nodes, plain: unbroken(parts.flat().join("")) };
}

/** @param {string} text */
function strong(text) {
  const made = document.createElement("strong");
  made.textContent = text;
  return made;
}

/** @param {string} sentence */
export const plainText = (sentence) => unbroken(sentence.replaceAll("**", ""));
