// Search in the stream: typed text as tokens, where these are, and which cells read them.

import { upright } from "../../../kit/js/text.js";
import { count, plural } from "./words.js";

const ONES = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen " +
  "fifteen sixteen seventeen eighteen nineteen"
).split(" ");
const TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const NAMED = 6; // unknown words that are written out
const TYPED = /\d{1,3}(?:,\d{3})+(?!\d)|[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu; // 8,046 is a number

/** Spell 1 to 9,999 as the human numbers do: no "and", no hyphen. */
export function spell(number) {
  const words = [];
  if (number >= 1000) words.push(ONES[Math.floor(number / 1000)], "thousand");
  const hundreds = Math.floor(number / 100) % 10;
  if (hundreds) words.push(ONES[hundreds], "hundred");
  const rest = number % 100;
  if (rest >= 20) words.push(TENS[Math.floor(rest / 10)]);
  const one = rest < 20 ? rest : rest % 10;
  if (one) words.push(ONES[one]);
  return words;
}

/** Read typed text as { ids, words, from, to }, or { problem }; from, to: whether a number is first, last. */
export function parseQuery(text, stream) {
  const known = new Map(stream.words.map((word, id) => [word, id]));
  const typed = upright(text).toLowerCase().match(TYPED) ?? [];
  const words = [];
  const isNumber = (part) => /^[\d,]*\d$/.test(part) && !known.has(part);
  for (const part of typed) {
    if (!isNumber(part)) {
      words.push(part);
      continue;
    }
    const number = Number(part.replaceAll(",", ""));
    if (number < 1 || number > 9999)
      return { problem: `${part} cannot be spelled here: numbers run from 1 to 9,999.` };
    words.push(...spell(number));
  }
  const unknown = [...new Set(words.filter((word) => !known.has(word)))];
  if (unknown.length)
    return { problem: `Not in the vocabulary, so nowhere in this text: ${named(unknown)}` };
  const ids = words.map((word) => known.get(word));
  return { ids, words, from: isNumber(typed[0] ?? ""), to: isNumber(typed.at(-1) ?? "") };
}

const named = (words) => words.slice(0, NAMED).join(" ") + (words.length > NAMED ? " …" : "");

/** Stream positions where the tokens begin; a number counts only where it is not part of a longer one. */
export function findPositions({ ids, from, to }, stream) {
  const { ids: text, kinds } = stream;
  const isEnd = kinds.map((kind) => kind === "comma" || kind === "special");
  const ends = (at) => at < 0 || at >= text.length || isEnd[text[at]];
  const found = [];
  const [first] = ids;
  for (let at = 0; at + ids.length <= text.length; at++) {
    if (text[at] !== first) continue;
    let same = 1;
    while (same < ids.length && text[at + same] === ids[same]) same++;
    if (same < ids.length || (from && !ends(at - 1)) || (to && !ends(at + same))) continue;
    found.push(at);
  }
  return found;
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
export function maskOf(positions, length, nTokens) {
  const mask = new Uint8Array(nTokens);
  for (const at of positions) for (let each = 0; each < length; each++) mask[at + each] = 1;
  return mask;
}

/** The result of a search, in words. */
export function foundSentence(query, positions, places) {
  const name = `“${query.words.join(" ")}”`;
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
