// @ts-check
// What the main.js of a declared picture calls: the picture is a function of its answers and its state.
//
//   export const render = declared({
//     styles: new URL("style.css", import.meta.url),   and the rest as in picture.js
//     state: { hovered: null },
//     asks: ({ state }) => ({ number_card: { number: state.number } }),
//     follows: ({ state }) => ({ test: ["rates", state.run] }),
//     table: ({ settings, state }) => [...],
//     view: ({ answers, news, settings, state, theme }) => html`<p>${state.number}</p>`,
//   });
//
// `state` is read and set as plain properties; setting one draws the picture again. State that Python declares beside
// the picture (hnviz/app/kit/state.py) is kept in the address. State given here lasts as long as the picture.
//   asks      parameters that the browser adds to a question
//   rests     how long, in ms, they must stay the same before the question is asked
//   follows   topics with their runs and parameters, null for none; their news is in `news`, by the same names
//   takes     merges news into what is known; without it, fields are merged
//   begins    called once, when the picture comes to the page; may return a function that ends what it began
//   about     where it has another value than before, all state begins again
//   film      of what moves, as in picture.js

import { html, render, useLayoutEffect, useRef } from "../../../vendor/preact/preact.js";
import { putInAddress } from "./address.js";
import { Following } from "./following.js";
import { picture } from "./picture.js";
import { Refusals } from "./refusals.js";

export { html };

/**
 * @typedef {import("./picture.js").Drawing} Drawing
 * @typedef {import("./frame.js").Frame} Frame
 * @typedef {{ name: string, kind: "whole"|"choice"|"text", low: number, high: number, choices: string[], pattern: string,
 *             called: string, first: any }} Entry as hnviz/app/kit/state.py sends it
 * @typedef {Drawing & { state: any, news: Record<string, any>, kit: Frame, refusals: Refusals, post: Declared["post"] }} Scene
 * @typedef {Omit<import("./picture.js").Definition, "create"|"table"> & {
 *   table: string|((scene: any) => import("./tables.js").Data[]), view: (scene: any) => unknown,
 *   state?: Record<string, unknown>, asks?: (scene: any) => Record<string, Record<string, unknown>>, rests?: number,
 *   follows?: (scene: any) => Record<string, Subject|null>, takes?: (known: any, news: any) => any,
 *   begins?: (scene: any) => any, about?: (settings: any) => unknown,
 *   film?: (scene: any) => import("./save/film.js").Film|null }} Definition
 * @typedef {[topic: string, run: string, params?: Record<string, string>]} Subject
 */

/** @type {Record<Entry["kind"], (asked: import("./address.js").Asked, entry: Entry) => any>} */
const READ = {
  whole: (asked, { name, low, high, first }) => asked.number(name, low, high, first),
  choice: (asked, { name, choices, first }) => asked.choice(name, choices, first),
  text: (asked, { name, pattern, called, first }) => asked.value(name, (text) => (new RegExp(pattern).test(text) ? text : null), called, first),
};

class Declared {
  /**
   * @param {HTMLElement} body
   * @param {Frame} kit
   * @param {Definition} definition
   */
  constructor(body, kit, definition) {
    this.body = body;
    this.kit = kit;
    this.definition = definition;
    /** @type {Record<string, any>} */
    this.values = {};
    this.state = new Proxy(this.values, { set: (_, name, value) => this.set(String(name), value) });
    /** @type {Record<string, any>} */
    this.news = {};
    /** @type {Record<string, { said: string, following: Following }>} */
    this.followed = {};
    this.isDue = false;
    this.said = ""; // the parameters of the questions, as they were last
    /** @type {any} what Python sent last */
    this.data = null;
    /** @type {string|undefined} of what the state is */
    this.about = undefined;
    this.timer = 0;
    this.ends = () => {};
    /** Of presses: `wrong` of the state says why one was refused. */
    this.refusals = new Refusals((sentence) => void (this.state.wrong = sentence));
    if (definition.begins) queueMicrotask(() => kit.hasLeft || this.start(definition.begins));
    const { film } = definition;
    if (film) this.film = () => film(this.scene());
    if (definition.asks) this.params = (/** @type {string} */ name) => this.asked()[name] ?? {};
  }

  // --- State ----------------------------------------------------------------------------------------

  /** The picture is on the page: `kit` has its data. @param {Definition["begins"]} begins */
  start(begins) {
    this.open();
    this.ends = begins?.(this.scene()) || this.ends;
  }

  /** Read the state when it is first needed; begin it again for another subject. */
  open() {
    const { data, asked } = this.kit;
    if (data === this.data) return;
    this.data = data;
    const about = JSON.stringify(this.definition.about?.(data.settings) ?? null);
    if (about === this.about) return;
    const isFirst = this.about === undefined;
    this.about = about;
    for (const [name, value] of Object.entries(this.definition.state ?? {})) {
      this.values[name] = value;
    }
    for (const [name, entry] of Object.entries(/** @type {Record<string, Entry>} */ (data.state ?? {}))) {
      this.values[name] = isFirst ? READ[entry.kind](asked, entry) : entry.first;
      if (!isFirst) putInAddress(entry.name, null);
    }
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  set(name, value) {
    if (this.values[name] === value) return true;
    this.values[name] = value;
    const entry = this.kit.data.state?.[name];
    if (entry) putInAddress(entry.name, value === entry.first ? null : value);
    this.change();
    return true;
  }

  /** Draw again, once for all changes of this moment. */
  change() {
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      if (this.kit.hasLeft || !this.drawing) return;
      if (this.definition.follows) this.follow();
      this.show();
      if (this.definition.asks) this.ask();
    });
  }

  // --- Questions, topics and presses ----------------------------------------------------------------

  asked() {
    this.open();
    return this.definition.asks?.(this.scene()) ?? {};
  }

  /** Ask, if the state has changed a question. */
  ask() {
    const said = JSON.stringify(this.asked());
    if (said === this.said) return;
    this.said = said;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.kit.ask(), this.definition.rests ?? 0);
  }

  /** Follow what the state names now, and leave the others. The last news about another subject stays until the next. */
  follow() {
    const wanted = this.definition.follows?.(this.scene()) ?? {};
    for (const name of Object.keys(this.followed)) if (!wanted[name]) this.leave(name);
    for (const [name, subject] of Object.entries(wanted)) {
      if (subject && JSON.stringify(subject) !== this.followed[name]?.said) this.begin(name, subject);
    }
  }

  /**
   * @param {string} name
   * @param {Subject} subject
   */
  begin(name, subject) {
    const [topic, run, params] = subject;
    const takes = this.definition.takes ?? ((known, news) => ({ ...known, ...news }));
    let known = {};
    const following = new Following(this.kit, topic, (news) => {
      known = takes(known, news);
      this.news = { ...this.news, [name]: known };
      this.change();
    });
    this.end(name);
    this.followed[name] = { said: JSON.stringify(subject), following };
    following.of(run, params);
  }

  /** @param {string} name */
  end(name) {
    if (!this.followed[name]) return;
    this.followed[name].following.leave();
    delete this.followed[name];
  }

  /** @param {string} name */
  leave(name) {
    this.end(name);
    this.news = { ...this.news, [name]: null };
  }

  /**
   * Have the server do something. Meanwhile `busy` of the state is its name.
   * @param {string} name
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<any>} the answer; undefined where it was refused
   */
  async post(name, path, body = {}) {
    this.state.busy = name;
    const answer = await this.refusals.attempt(name, () => this.kit.source.post(path, body));
    this.state.busy = null;
    return answer;
  }

  // --- Drawing --------------------------------------------------------------------------------------

  /** @returns {any} */
  scene(drawing = this.drawing) {
    return { settings: this.kit.data.settings, ...drawing, state: this.state, news: this.news, kit: this.kit, refusals: this.refusals, post: this.post.bind(this) };
  }

  /** @param {Drawing} drawing */
  draw(drawing) {
    this.drawing = drawing;
    this.open();
    this.said ||= JSON.stringify(this.asked());
    this.follow();
    this.show();
  }

  show() {
    render(this.definition.view(this.scene()), this.body);
    this.kit.table?.changed();
  }

  destroy() {
    clearTimeout(this.timer);
    this.ends();
    for (const name of Object.keys(this.followed)) this.end(name);
    render(null, this.body);
  }
}

/** @param {Definition} definition */
export function declared(definition) {
  const { table } = definition;
  const told = typeof table === "string" ? table : (/** @type {Drawing} */ drawing, /** @type {Declared} */ view) => table(view.scene(drawing));
  const made = picture({ ...definition, table: told, create: (body, kit) => new Declared(body, kit, definition) });
  return Object.assign(made, { table });
}

// --- Parts of a view --------------------------------------------------------------------------------

/**
 * A part that is drawn again only where one of `of` is another: a large one, beside what changes with the pointer.
 * @param {{ of: unknown[], draw: () => unknown }} properties
 */
export function Kept({ of, draw }) {
  const last = useRef(/** @type {{ of: unknown[], drawn: unknown }|null} */ (null));
  if (!last.current || of.some((each, at) => each !== last.current?.of[at])) last.current = { of, drawn: draw() };
  return last.current.drawn;
}

/**
 * A part that draws itself: `of` is its class, of which one is made; it shows the other properties each time.
 * What changes many times a second is painted so, and never as elements.
 * @param {{ of: new (parent: HTMLElement) => { show: (scene: any) => void, destroy?: () => void } }} properties
 */
export function Part({ of: Made, ...scene }) {
  const place = useRef(/** @type {HTMLElement} */ (/** @type {unknown} */ (null)));
  const part = useRef(/** @type {InstanceType<typeof Made>|null} */ (null));
  useLayoutEffect(() => (part.current ??= new Made(place.current)).show(scene));
  useLayoutEffect(() => () => part.current?.destroy?.(), []);
  return html`<div ref=${place} />`;
}
