// @ts-check
// A page's parameters in the address, as far as its pictures read and write them without Python. A
// value that a picture cannot show is named above it until the reader chooses another one.

import { upright } from "./text.js";
import { onVisit } from "./visits.js";

/** @typedef {{ read: () => string, write: (url: string) => void }} Place */

/** @type {Place} */
let place = {
  read: () => location.href,
  write: (url) => history.replaceState(history.state, "", url),
};

/**
 * Keep the parameters elsewhere than in the browser's address, which a page from a disk cannot change.
 * @param {Place} other
 */
export function keepParametersIn(other) {
  place = other;
}

const now = () => new URL(place.read());

/** @type {Map<string, string|null>} what the pictures of this page wrote into the address; null was taken out */
const written = new Map();
/** @type {Set<string>} names that no other part of the page writes */
const owned = new Set();
let page = "";
/** @type {Set<() => void>} */
const listeners = new Set();

/** @typedef {{ sentence: string, instead: unknown, by: Asked }} Vain */
/** @type {Map<string, Vain>} parameter -> what the address asks of it in vain */
const vain = new Map();

/** @type {Map<string, string>} numbers that the address asked for, and a picture of this page has shown */
const met = new Map();

onVisit(() => {
  written.clear();
  met.clear();
  vain.clear();
});

/**
 * Call `hear` when a picture has written into the address; the returned function ends that.
 * @param {() => void} hear
 */
export function onWritten(hear) {
  listeners.add(hear);
  return () => void listeners.delete(hear);
}

/** @param {string} name */
export const inAddress = (name) => now().searchParams.get(name);

/**
 * Write a parameter into the address, or take it out with null. The history keeps one entry.
 * @param {string} name
 * @param {string|number|null} value
 */
export function putInAddress(name, value) {
  const url = now();
  if (url.pathname !== page) written.clear();
  page = url.pathname;
  written.set(name, value === null ? null : String(value));
  const before = url.href;
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, String(value));
  if (url.href !== before) place.write(url.href);
  const said = vain.get(name);
  if (said && value !== null && String(value) !== String(said.instead)) said.by.forget(name);
  for (const hear of listeners) hear();
}

/**
 * Write a parameter that only this picture writes: whatever else comes is set back.
 * @param {string} name
 * @param {string|null} value
 */
export function putOwnInAddress(name, value) {
  owned.add(name);
  putInAddress(name, value);
}

/** Put back what Streamlit drops, or of an owned name sets back: when Python changes the address, it does not know of ours. */
export function keepAddress() {
  if (now().pathname !== page) return;
  for (const [name, value] of written) {
    const there = inAddress(name);
    if (there === null ? value !== null : owned.has(name) && there !== value) putInAddress(name, value);
  }
}

/** @param {string} text */
const wholeNumber = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : null);

/**
 * A whole number in the address, or null.
 * @param {string} name
 */
export const numberInAddress = (name) => wholeNumber(inAddress(name) ?? "");

/** What the address asks of one picture. Where it asks in vain, a sentence says so. */
export class Asked {
  /** @param {(sentence: string) => void} say "" when there is nothing to say */
  constructor(say) {
    this.say = say;
  }

  /**
   * What `read` makes of a parameter; `instead` where it is missing, or where `read` returns null.
   * @template Value
   * @param {string} name
   * @param {(text: string) => Value|null} read
   * @param {string|(() => string)} wanted such as "a whole number"
   * @param {any} instead
   * @returns {Value}
   */
  value(name, read, wanted, instead) {
    const text = inAddress(name);
    const value = text === null ? null : read(text);
    if (value !== null) return value;
    if (text !== null && !vain.has(name)) {
      const sentence = `The address asks for ${name}=${upright(text.slice(0, 40))}, which is not ${typeof wanted === "string" ? wanted : wanted()}.`;
      vain.set(name, { sentence, instead, by: this });
      this.tell();
    }
    return instead;
  }

  /**
   * A whole number from `first` to `last`. One that is left from what the page showed before is taken out without a word.
   * @param {string} name
   * @param {number} first
   * @param {number} last
   * @param {any} instead
   */
  number(name, first, last, instead) {
    const wanted = () => `a whole number from ${first.toLocaleString("en")} to ${last.toLocaleString("en")}`;
    const read = (/** @type {string} */ text) => {
      const number = wholeNumber(text);
      return number !== null && number >= first && number <= last ? number : null;
    };
    const text = inAddress(name);
    if (text !== null && read(text) !== null) met.set(name, text);
    else if (text !== null && [met.get(name), written.get(name)].includes(text)) putInAddress(name, null); // nobody asks for it now
    return this.value(name, read, wanted, instead);
  }

  /**
   * One of some choices.
   * @param {string} name
   * @param {string[]} choices
   * @param {any} instead
   */
  choice(name, choices, instead) {
    const listed = choices.map((each) => (each.includes(",") ? `“${each}”` : each)).join(", ");
    return this.value(name, (text) => (choices.includes(text) ? text : null), `one of ${listed}`, instead);
  }

  /** @param {string} name whose value the reader has chosen by now */
  forget(name) {
    vain.delete(name);
    this.tell();
  }

  tell() {
    const own = [...vain.values()].filter(({ by }) => by === this);
    this.say(own.map(({ sentence }) => sentence).join(" "));
  }

  /** The picture leaves the page. */
  end() {
    for (const [name, { by }] of vain) if (by === this) vain.delete(name);
  }
}
