// @ts-check
// Finds each term's first appearance in a page's texts. No DOM.

/**
 * @typedef {{ name: string, meaning: string, spelt: string[], title: string, address: string }} Term
 * @typedef {{ term: Term, text: number, start: number, end: number }} Found
 *   text   the index of the text that it is in
 */

const EDGE = "[\\p{L}\\p{N}-]"; // what a term may not touch: "on-line" has no "line"

/** @param {string} text */
const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "\\s+");

/** Finds terms; made once for a glossary. */
export class Finder {
  /** @param {Term[]} glossary */
  constructor(glossary) {
    /** @type {Map<string, Term>} spelling, in small letters -> term */
    this.terms = new Map();
    for (const term of glossary) for (const spelling of [...term.spelt, term.name]) this.terms.set(spelling.toLowerCase(), term);
    const spellings = glossary.flatMap(({ spelt }) => spelt).sort((one, other) => other.length - one.length);
    this.pattern = new RegExp(`(?<!${EDGE})(${spellings.map(escaped).join("|")})(?:es|s)?(?!${EDGE})`, "giu");
  }

  /**
   * @param {string[]} texts in the order of the page
   * @returns {Found[]} in that order, each term once
   */
  first(texts) {
    /** @type {Map<string, Found>} */
    const found = new Map();
    texts.forEach((text, index) => {
      for (const { term, start, end } of this.within(text)) {
        if (!found.has(term.name)) found.set(term.name, { term, text: index, start, end });
      }
    });
    return [...found.values()];
  }

  /** @param {string} text */
  *within(text) {
    const whole = this.terms.get(text.trim()); // such as a bold word alone; “Train” is a page
    if (whole) yield { term: whole, start: text.length - text.trimStart().length, end: text.trimEnd().length };
    for (const match of text.matchAll(this.pattern)) {
      if (/\p{Lu}/u.test(match[0].slice(1))) continue; // a name, such as the button Train in “on Train”
      const term = this.terms.get(match[1].toLowerCase().replaceAll(/\s+/g, " "));
      if (term) yield { term, start: match.index, end: match.index + match[0].length };
    }
  }
}
