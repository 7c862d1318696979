// @ts-check
// The scenes of one page of a file, and what a reader has chosen in its rows of controls: hnviz/export/rooms.py.
//
// A choice shows the scene that has it. A free control only changes what the networks of the file are asked.

import { readPhrase } from "../../browser/numbers.js";
import { inAddress } from "../../app/kit/js/address.js";

/**
 * @typedef {import("./stage.js").Part} Part
 * @typedef {import("../../app/kit/fields/main.js").Settings} Row
 * @typedef {{ values: Record<string, string>, parts: number[] }} View a scene: the value of each control, and its parts
 * @typedef {{ params: string[], old: string, now: string, isText: boolean }} Change of a free control
 */

export const ROW = "kit/fields";
const READ = Number.MAX_SAFE_INTEGER; // Python has read every report of a row
const QUOTED = 40; // characters of a text that a picture quotes

export class Room {
  /**
   * @param {View[]} views
   * @param {Part[]} parts of all pages
   */
  constructor(views, parts) {
    this.views = views;
    this.all = parts;
    this.view = views[0];
    /** @type {Record<string, string>} what was chosen last, of every control */
    this.chosen = { ...this.view.values };
    this.put = 0; // how often a choice has changed others
  }

  /** Take another choice of some controls; tell whether there is any. @param {Record<string, string>} values */
  choose(values) {
    const known = Object.entries(values).filter(([name]) => this.views.some((view) => name in view.values));
    Object.assign(this.chosen, Object.fromEntries(known));
    const bound = known.filter(([name]) => !this.free.has(name));
    const held = this.views.filter((view) => bound.every(([name, value]) => view.values[name] === value));
    if (bound.length && held.length) this.show(held);
    return known.length > 0;
  }

  /** Show the scene that is nearest to what was chosen. @param {View[]} held */
  show(held) {
    const near = (/** @type {View} */ view) => Object.entries(view.values).filter(([name, value]) => this.chosen[name] === value).length;
    this.view = held.reduce((best, each) => (near(each) > near(best) ? each : best));
    for (const [name, value] of Object.entries(this.view.values)) if (!this.free.has(name)) this.chosen[name] = value;
    this.put += 1;
  }

  /** The rows of the scene, as they are in the file. @returns {Row[]} */
  get rows() {
    return pictures(this.parts).filter(({ name }) => name === ROW).map(({ data }) => data.settings);
  }

  /** The parts of the scene. */
  get parts() {
    return this.view.parts.map((at) => this.all[at]);
  }

  /** The names of its free controls. */
  get free() {
    return new Set(this.rows.flatMap(({ fields }) => fields.filter((field) => field.free).map(({ name }) => name)));
  }

  /** The parts of the scene with what was chosen. @returns {Part[]} */
  get shown() {
    const parts = structuredClone(this.parts);
    const changes = this.rows.flatMap((row) => this.changes(row));
    for (const picture of pictures(parts)) {
      if (picture.name === ROW) this.set(picture.data.settings);
      else for (const change of changes) ask(picture, change);
    }
    return parts;
  }

  /** @param {Row} row @returns {Change[]} */
  changes({ fields, given }) {
    return fields.flatMap(({ name, free, kind }) => {
      const [old, now, isText] = [given[name], this.chosen[name] ?? given[name], kind === "text"];
      return free && old !== now && !wrong(now, isText) ? [{ params: free, old, now, isText }] : [];
    });
  }

  /** Show in a row what was chosen. @param {Row} row */
  set(row) {
    for (const { name, first, free, kind } of row.fields) {
      if (!free) continue;
      const now = this.chosen[name] ?? row.given[name];
      row.given[name] = now;
      row.known[name] = now === first ? null : now;
      const sentence = wrong(now, kind === "text");
      if (sentence) row.wrong[name] = sentence;
    }
    row.heard = READ;
    if (row.fields.some(({ name }) => inAddress(name) !== row.known[name])) row.put = { id: this.put, texts: /** @type {Record<string, string|null>} */ (row.known) };
  }
}

/**
 * What a reader has changed in a row.
 * @param {Row} row
 * @param {Record<string, string|null>} texts as the row reports them
 */
export function changesIn({ fields, given }, texts) {
  const told = fields.map(({ name, first }) => [name, texts[name] ?? first]);
  return Object.fromEntries(told.filter(([name, text]) => text !== given[name]));
}

/**
 * What is wrong with words that a network shall read; "" if nothing is.
 * @param {string} text
 * @param {boolean} isText
 */
function wrong(text, isText) {
  try {
    if (isText) readPhrase(text, new Map());
    return "";
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/** @param {import("./stage.js").Picture} picture @param {Change} change */
function ask({ data }, { params, old, now, isText }) {
  let isAsked = false;
  for (const { params: asked } of data.asks) {
    for (const name of params) {
      if (asked[name] !== old) continue;
      asked[name] = now;
      isAsked = true;
    }
  }
  if (!isAsked || !isText) return;
  for (const [name, value] of Object.entries(data.settings)) {
    if (typeof value === "string") data.settings[name] = value.replaceAll(old.slice(0, QUOTED), now.slice(0, QUOTED));
  }
}

/** @param {Part[]} parts @returns {import("./stage.js").Picture[]} */
function pictures(parts) {
  return parts.flatMap(({ picture, parts: inside = [] }) => (picture ? [picture] : pictures(inside)));
}
