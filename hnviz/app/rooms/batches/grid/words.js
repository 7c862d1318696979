// Numbers and words as sentences write them. Words of a corpus are data: text nodes, never HTML.

export const count = (number) => number.toLocaleString("en");

export function plural(number, word) {
  const ending = number === 1 ? "" : word.endsWith("batch") ? "es" : "s";
  return `${count(number)} ${word}${ending}`;
}

/** A comma is hard to see in a sentence without quotes. */
export const quoted = (word) => (/^\w/.test(word) ? word : `“${word}”`);

export function bold(text) {
  const node = document.createElement("b");
  node.textContent = text;
  return node;
}
