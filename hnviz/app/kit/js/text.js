// @ts-check
// Sentences with **bold** parts, as Python writes them.

/**
 * @param {string} sentence
 * @returns {(string|HTMLElement)[]} nodes: elements for the bold parts, else text
 */
export function boldNodes(sentence) {
  return sentence.split("**").map((part, at) => {
    if (at % 2 === 0) return part;
    const strong = document.createElement("strong");
    strong.textContent = part;
    return strong;
  });
}

/** @param {string} sentence */
export const plainText = (sentence) => sentence.replaceAll("**", "");
