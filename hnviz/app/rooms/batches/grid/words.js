// Numbers and words as sentences write them. Words of a corpus are data: text nodes, never HTML.

export const count = (number) => number.toLocaleString("en");

/** A comma is hard to see in a sentence without quotes. */
export const quoted = (word) => (/^\w/.test(word) ? word : `“${word}”`);

export function bold(text) {
  const node = document.createElement("b");
  node.textContent = text;
  return node;
}
