// @ts-check
// What the machine is asked to read: in the address, and kept from page to page. What cannot be read is said
// beside its field, and what could be read last stays. No DOM.

import { putInAddress } from "../kit/js/address.js";
import { onVisit } from "../kit/js/visits.js";
import { drawingAsked } from "./drawing.js";

const TEXT = "machine_text"; // in the address
const MARK = "~"; // of the name of a text that the server stores: hnviz/runs/typed.py
const WORD = "machine_word";
const BEGIN = "machine_begin";
const LAST = 399; // word that an address can ask for
const LAST_BEGIN = 511;
const MOST_CHARACTERS = 2000; // of a typed text: more than the words that are read
const OF_BEGIN = /^begin\b/i; // how the server begins a refusal of it

/** @type {Map<string, Request>} by the text that a page begins with: another page of the same text goes on with it */
const requests = new Map();
onVisit(() => requests.clear());

export class Request {
  /**
   * @param {import("../kit/js/address.js").Asked} asked
   * @param {string} first the text that the page begins with
   * @param {string} stored the one that the address names, "" if there is none
   */
  constructor(asked, first, stored) {
    this.first = first;
    const read = (/** @type {string} */ text) => (text.startsWith(MARK) ? stored || null : text);
    this.text = asked.value(TEXT, read, "a text that is stored here", first);
    /** @type {number|null} the word that is shown; null until a reader has chosen one */
    this.word = asked.number(WORD, 0, LAST, null);
    this.begin = asked.number(BEGIN, 0, LAST_BEGIN, 0);
    /** How the network says its own words. */
    this.drawing = drawingAsked(asked);
    /** What is wrong with each, and what could be read last. */
    this.wrong = { text: "", begin: "" };
    this.last = { text: first, begin: 0 };
    this.isCut = false; // whether the text was longer than a typed one may be
  }

  /** The parameters of the question: what is asked for, or in place of what is wrong the last that was not. */
  get params() {
    const [text, begin] = [this.wrong.text ? this.last.text : this.text, this.wrong.begin ? this.last.begin : this.begin];
    return begin ? { text, begin } : { text };
  }

  /**
   * Read another text.
   * @param {string} text
   */
  read(text) {
    this.isCut = text.length > MOST_CHARACTERS;
    this.text = this.isCut ? text.slice(0, MOST_CHARACTERS).replace(/\s+\S*$/, "") : text;
    this.word = null;
    this.wrong.text = "";
    putInAddress(TEXT, this.text === this.first ? null : this.text);
    putInAddress(WORD, null);
  }

  /** @param {number} begin the word at which a window begins */
  cut(begin) {
    this.begin = begin;
    this.wrong.begin = "";
    putInAddress(BEGIN, begin || null);
  }

  /** The address says which word is shown. */
  settle() {
    if (this.word !== null) putInAddress(WORD, this.word);
  }

  /** Another page shows what this one did: its address says so, too. */
  putInAddress() {
    if (this.text !== this.first) putInAddress(TEXT, this.text);
    if (this.begin) putInAddress(BEGIN, this.begin);
    this.settle();
  }

  /** What is asked for was read. */
  answered() {
    if (!this.wrong.text) this.last.text = this.text;
    if (!this.wrong.begin) this.last.begin = this.begin;
  }

  /**
   * The server cannot read the text, or no window can begin there. Return whether something else is asked for now.
   * @param {string} sentence
   */
  refused(sentence) {
    const name = OF_BEGIN.test(sentence) || this.params.text === this.last.text ? "begin" : "text";
    if (this.wrong[name] || this[name] === this.last[name]) return false;
    this.wrong[name] = sentence;
    return true;
  }

  /** What a reader should know of the text besides what the server says: "" or a sentence. */
  get remark() {
    return this.isCut ? `Only the first ${MOST_CHARACTERS.toLocaleString("en")} characters are read.` : "";
  }
}

/**
 * What a page's machine reads: as the address says, or what a page of the same text showed last.
 * @param {import("../kit/js/address.js").Asked} asked
 * @param {string} first
 * @param {string} stored
 */
export function requestOf(asked, first, stored = "") {
  const made = requests.get(first) ?? new Request(asked, first, stored);
  requests.set(first, made);
  return made;
}
