// Search in the stream: typed text as tokens or letters, where these are, and which cells read them.
//
// A corpus says how it is read ("word", "char" or "bpe") and which numbers the text lists, if it does.
// A number's words are read from the text itself: so it can be typed in digits in any language.

import { plural, upright } from "../../../kit/js/text.js";
import { count } from "./words.js";

const NAMED = 6; // unknown words that are written out
const CHUNK = 65536; // tokens that are joined at once
const TYPED = /\d{1,3}(?:,\d{3})+(?!\d)|[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu; // 8,046 is a number
const DIGITS = /\d{1,3}(?:,\d{3})+(?!\d)|\d+/g;
const SHOWN = { " ": "␣", "\n": "⏎", "\t": "⇥" }; // as the tokens of characters are written

/**
 * Read typed text as { ids, words } or, where tokens are not words, as { letters, words }; or as { problem }.
 * `from`, `to`: whether it begins, ends with a number, which is found only as a whole.
 * `reading`: { level, numbers }; numbers are [first, last] ranges in the text's order, null for none.
 */
export function parseQuery(text, stream, reading) {
  const typed = upright(text).trim();
  try {
    return reading.level === "word" ? inWords(typed, stream, reading) : inLetters(typed, stream, reading);
  } catch (error) {
    if (error instanceof Unlisted) return { problem: error.message };
    throw error;
  }
}

class Unlisted extends Error {}

function inWords(typed, stream, { numbers }) {
  const known = new Map(stream.words.map((word, id) => [word, id]));
  const isNumber = (part) => Boolean(numbers) && /^[\d,]*\d$/.test(part) && !known.has(part);
  const parts = (known.has("-") ? typed : typed.replaceAll("-", " ")).match(TYPED) ?? [];
  const ids = [];
  const unknown = new Set();
  for (const part of parts) {
    const lower = part.toLowerCase();
    const apart = [...part]; // a task's words are single signs, typed without blanks
    if (isNumber(part)) ids.push(...numberIds(part, stream, numbers));
    else if (known.has(part)) ids.push(known.get(part));
    else if (known.has(lower)) ids.push(known.get(lower));
    else if (apart.every((sign) => known.has(sign))) ids.push(...apart.map((sign) => known.get(sign)));
    else unknown.add(lower);
  }
  if (unknown.size) return { problem: `Not in the vocabulary, so nowhere in this text: ${named([...unknown])}` };
  const words = ids.map((id) => stream.words[id]).join(" ");
  return { ids, words, from: isNumber(parts[0] ?? ""), to: isNumber(parts.at(-1) ?? "") };
}

function inLetters(typed, stream, { numbers }) {
  const spaced = stream.words.some((word) => word.includes(SHOWN[" "]));
  let letters = typed;
  let [from, to] = [false, false];
  if (numbers) {
    [from, to] = [/^\d/.test(typed), /\d$/.test(typed)];
    const written = (part) => numberIds(part, stream, numbers).map((id) => stream.words[id]).join("");
    letters = letters.toLowerCase().replace(DIGITS, written);
  }
  letters = spaced ? letters.replace(/[ \n\t]/g, (sign) => SHOWN[sign]) : letters.replace(/\s/g, "");
  return { letters, words: letters, from, to };
}

const named = (words) => words.slice(0, NAMED).join(" ") + (words.length > NAMED ? " …" : "");

/** The tokens of a number, where the text lists it. */
function numberIds(part, stream, ranges) {
  const number = Number(part.replaceAll(",", ""));
  let before = 0; // numbers that the text lists before the range
  for (const [first, last] of ranges) {
    if (number >= first && number <= last) return listed(stream, before + number - first);
    before += last - first + 1;
  }
  const listing = ranges.map(([first, last]) => `${count(first)} to ${count(last)}`);
  const all = listing.length > 2 ? `${listing.length} ranges between ${count(ranges[0][0])} and ${count(ranges.at(-1)[1])}` : listing.join(" and ");
  const shown = part.length > 12 ? `${part.slice(0, 12)}…` : part;
  throw new Unlisted(`${shown} is not one of the numbers that this text lists, ${all}. Type words to find them inside longer numbers.`);
}

/** The ids of the nth number of a text: between two commas. */
function listed(stream, nth) {
  const { ids } = stream;
  stream.commas ??= commasOf(stream);
  const start = nth ? stream.commas[nth - 1] + 1 : 1; // after xxbos
  return [...ids.subarray(start, stream.commas[nth] ?? ids.length)];
}

function commasOf({ ids, words }) {
  const comma = words.indexOf(",");
  const found = [];
  for (let at = 0; at < ids.length; at++) if (ids[at] === comma) found.push(at);
  return found;
}

/** Where it begins in the stream, and how many tokens it has there; a number counts only as a whole. */
export function findPositions(query, stream) {
  const { ids, kinds } = stream;
  const isEnd = kinds.map((kind) => kind === "comma" || kind === "special");
  const ends = (at) => at < 0 || at >= ids.length || isEnd[ids[at]];
  const positions = [];
  const lengths = [];
  for (const [at, length] of query.ids ? tokenPlaces(query.ids, ids) : letterPlaces(query.letters, stream)) {
    if ((query.from && !ends(at - 1)) || (query.to && !ends(at + length))) continue;
    if (positions.at(-1) === at) continue; // twice in one token
    positions.push(at);
    lengths.push(length);
  }
  return { positions, lengths };
}

function* tokenPlaces(wanted, ids) {
  const [first] = wanted;
  for (let at = 0; at + wanted.length <= ids.length; at++) {
    if (ids[at] !== first) continue;
    let same = 1;
    while (same < wanted.length && ids[at + same] === wanted[same]) same++;
    if (same === wanted.length) yield [at, same];
  }
}

function* letterPlaces(letters, stream) {
  stream.letters ??= lettersOf(stream);
  const { text, starts } = stream.letters;
  for (let at = text.indexOf(letters); at >= 0; at = text.indexOf(letters, at + 1)) {
    const first = tokenAt(starts, at);
    yield [first, tokenAt(starts, at + letters.length - 1) - first + 1];
  }
}

/** All tokens as one text, and where each begins in it. */
function lettersOf({ ids, words, kinds }) {
  const written = words.map((word, id) => (kinds[id] === "special" ? "\0" : word));
  const starts = new Uint32Array(ids.length + 1);
  const chunks = [];
  for (let at = 0; at < ids.length; at += CHUNK) {
    const part = Array.from(ids.subarray(at, at + CHUNK), (id) => written[id]);
    part.forEach((word, nth) => (starts[at + nth + 1] = starts[at + nth] + word.length));
    chunks.push(part.join(""));
  }
  return { text: chunks.join(""), starts };
}

/** The token that a letter belongs to. */
function tokenAt(starts, letter) {
  let low = 0;
  for (let high = starts.length - 1; low + 1 < high; ) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= letter) low = middle;
    else high = middle;
  }
  return low;
}

/** The cells of a pass that read the first token of what was found, in reading order. */
export class Places {
  constructor(layout, positions) {
    this.layout = layout;
    this.positions = positions;
    this.before = new Uint32Array(layout.nTokens + 1); // how many begin before a position
    for (const at of positions) this.before[at + 1] = 1;
    for (let at = 0; at < layout.nTokens; at++) this.before[at + 1] += this.before[at];
    const nRows = layout.nBatches * layout.bs;
    this.upTo = new Uint32Array(nRows + 1); // how many before each row of each mini-batch
    for (let index = 0; index < nRows; index++)
      this.upTo[index + 1] = this.upTo[index] + this.within(this.rowStart(index), layout.bptt);
    this.count = this.upTo[nRows];
  }

  rowStart(index) {
    return this.layout.rowStart(Math.floor(index / this.layout.bs), index % this.layout.bs);
  }

  /** How many begin in `length` tokens from `start`; the stream is a ring. */
  within(start, length) {
    const { before } = this;
    const n = this.layout.nTokens;
    const turns = Math.floor(length / n) * this.positions.length;
    const end = start + (length % n);
    const past = end > n ? before[n] + before[end - n] : before[end];
    return turns + past - before[start];
  }

  /** How many places come before a cell in reading order: the index of the next one, or its own. */
  rank([batch, row, step]) {
    const index = batch * this.layout.bs + row;
    return this.upTo[index] + this.within(this.rowStart(index), step);
  }

  /** Offsets in what a row reads at which something begins; kept for the last row. */
  inRow(row) {
    if (this.row !== row) {
      this.row = row;
      this.offsets = [];
      const { nBatches, bptt, bs } = this.layout;
      for (let batch = 0, index = row; batch < nBatches; batch++, index += bs) {
        const many = this.upTo[index + 1] - this.upTo[index];
        for (let nth = 0; nth < many; nth++)
          this.offsets.push(batch * bptt + this.step(batch, row, nth));
      }
    }
    return this.offsets;
  }

  /** The step at which the nth of a row's window begins. */
  step(batch, row, nth) {
    const start = this.layout.rowStart(batch, row);
    const n = this.positions.length;
    const ahead = this.before[start] + nth;
    return this.positions[ahead % n] - start + Math.floor(ahead / n) * this.layout.nTokens;
  }

  /** The cell of a place. */
  at(place) {
    const { bs } = this.layout;
    let low = 0;
    for (let high = this.upTo.length - 1; low + 1 < high; ) {
      const middle = (low + high) >> 1;
      if (this.upTo[middle] <= place) low = middle;
      else high = middle;
    }
    const [batch, row] = [Math.floor(low / bs), low % bs];
    return [batch, row, this.step(batch, row, place - this.upTo[low])];
  }
}

/** One byte a token: 1 where it belongs to what was found. */
export function maskOf({ positions, lengths }, nTokens) {
  const mask = new Uint8Array(nTokens);
  positions.forEach((at, nth) => mask.fill(1, at, at + lengths[nth]));
  return mask;
}

/** The result of a search, in words. */
export function foundSentence(query, positions, places) {
  const name = `“${query.words}”`;
  if (!positions.length) {
    if (!query.from && !query.to) return `${name} is not in this text.`;
    const why = "is not in this text as a whole number";
    return `${name} ${why}. Type it in words to find it in longer numbers too.`;
  }
  const where = positions.length === 1 ? `, at position ${count(positions[0])}` : "";
  const read = `is read in ${plural(places, "place")} of the pass`;
  return `${name} appears ${times(positions.length)} in the text${where}, and ${read}.`;
}

const times = (number) =>
  number === 1 ? "once" : number === 2 ? "twice" : `${count(number)} times`;
