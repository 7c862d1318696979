// @ts-check
// Draws the pictures of one page of the file, as the app's pages mount them.

import { keepParametersIn } from "../../app/kit/js/address.js";
import { translated } from "../../app/kit/js/language.js";
import { maker } from "../../app/kit/js/make.js";
import { shareTab, Tab } from "../../app/kit/js/tab.js";
import { note } from "../../app/kit/js/visits.js";
import { FileLive, GROWING } from "./filelive.js";
import { FileSource } from "./filesource.js";
import { Replay } from "./replay.js";
import { changesIn, Room, ROW } from "./room.js";
import { Runs } from "./runs.js";
import { Yours } from "./yours.js";

/**
 * @typedef {{ module: string, height: string, isolate: boolean, modes: Record<string, any>, name: string,
 *             topics: string[], data: any }} Picture
 *   modes   mode -> its settings, of a chart that Python made; none of other pictures
 *   topics  what it follows
 * @typedef {{ level?: number, text?: string, prose?: string, name?: string, html?: Record<string, string>, picture?: Picture,
 *             group?: "row"|"stack"|"card"|"fold", parts?: Part[], title?: string, open?: boolean }} Part
 *   a heading, sentences, a drawing that Python made in each mode, a picture, or parts that are shown together
 * @typedef {{ page: string, at: Record<string, string>, views: import("./room.js").View[] }} Scene
 * @typedef {import("./filesource.js").Held & { home: string, scenes: Scene[], parts: Part[] }} Held
 * @typedef {HTMLElement & { turn?: number }} Root
 * @typedef {{ picture: Picture, run: string, root: Root, render: ((component: any) => Promise<() => void>)|null, end: () => void }} Mounted
 *   run     that it shows
 *   render  null until its module has come
 * @typedef {{ element: HTMLElement, mounted: Mounted|null, drawing: Record<string, string>|null }} Place of a part
 */

export class Stage {
  /**
   * @param {HTMLElement} host
   * @param {Held} held
   * @param {import("./blobs.js").Blobs} blobs
   * @param {() => string} mode "light" or "dark"
   */
  constructor(host, held, blobs, mode) {
    this.host = host;
    this.mode = mode;
    this.held = held;
    this.runs = new Runs(held.runs, blobs); // they serve all scenes
    this.source = new FileSource(held, blobs, this.runs);
    this.yours = new Yours(this.runs, blobs, (question) => this.source.answers(question), () => {
      this.changed();
      this.draw();
    });
    /** @type {Map<string, Place>} by what stays the same of a part while a reader chooses */
    this.places = new Map();
    /** @type {Room|null} */
    this.room = null;
    /** @type {Replay|null} */
    this.replay = null;
    this.top = document.createElement("div");
    this.turn = 0;
    this.changed = () => {};
    host.addEventListener("click", (event) => this.follow(event));
  }

  /** Follow a link to another part of the page. @param {MouseEvent} event */
  follow(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    this.choose(valuesIn(link.hash));
    scrollTo(0, 0);
  }

  /**
   * Call `changed` when the reader changes what is asked.
   * @param {() => void} changed
   */
  whenChanged(changed) {
    this.changed = changed;
  }

  /**
   * Show a page; what was shown before leaves.
   * @param {number} at its place among the scenes
   * @param {Record<string, string>} values of its controls
   */
  async show(at, values = {}) {
    const scene = this.held.scenes[at];
    this.turn++;
    this.leave();
    let address = new URL(`${at}/${scene.page}?${new URLSearchParams(scene.at)}`, this.held.home).href;
    keepParametersIn({ read: () => address, write: (url) => (address = url) });
    note(); // what the last page's pictures shared ends
    const live = new FileLive(this.runs);
    const tab = new Tab(this.source, live);
    shareTab(tab);
    this.top = document.createElement("div");
    this.top.className = "top";
    this.room = new Room(scene.views, this.held.parts);
    this.room.choose(values);
    this.yours.reset();
    const filled = this.fill();
    const hasCurves = [...this.places.values()].some(({ mounted }) => mounted?.picture.topics.includes(GROWING));
    this.replay = new Replay(this.top, live, (run) => tab.timeline(run), hasCurves);
    await filled;
  }

  /** Show what a reader has chosen. @param {Record<string, string>} values */
  async choose(values) {
    if (!this.room?.choose(values)) return;
    this.changed();
    await this.fill();
  }

  /** Show the parts of the room; what is on the page already stays. */
  async fill() {
    /** @type {Set<string>} */
    const used = new Set();
    const elements = this.room?.shown.map((part) => this.place(part, used)) ?? [];
    elements.splice(1, 0, this.top); // what replays a training is below the title
    arrange(this.host, elements);
    for (const [key, { mounted }] of this.places) {
      if (used.has(key)) continue;
      mounted?.end();
      this.places.delete(key);
    }
    this.paint();
    const turn = this.turn;
    const placed = this.yours.place(this.top, [...this.places.values()]); // first, so that it moves no drawn picture
    await this.draw();
    if (turn === this.turn) await placed;
  }

  /**
   * Put a part into its place.
   * @param {Part} part
   * @param {Set<string>} used the keys of the places that are in use
   */
  place(part, used) {
    let key = keyOf(part);
    while (used.has(key)) key += "+";
    used.add(key);
    const place = this.places.get(key) ?? this.made(part);
    this.places.set(key, place);
    const { mounted, element } = place;
    if (mounted && part.picture) mounted.picture = part.picture;
    if (part.parts) arrange(element, [...element.querySelectorAll(":scope > summary"), ...part.parts.map((each) => this.place(each, used))]);
    return element;
  }

  /** @param {Part} part @returns {Place} */
  made({ level, text = "", prose, name = "", html, picture, group, title = "", open = false }) {
    const element = document.createElement(level ? `h${level}` : group === "fold" ? "details" : "div");
    if (level) element.textContent = translated(text);
    if (prose) Object.assign(element, { className: "prose", innerHTML: prose }); // hnviz/export/prose.py escaped its words
    if (group) element.className = group;
    if (element instanceof HTMLDetailsElement) {
      element.open = open;
      maker(element)("summary", "", element, title);
    }
    if (html || picture) {
      element.className = html ? "picture drawn" : "picture";
      Object.assign(element.dataset, { picture: picture?.name ?? name, key: picture?.data.id ?? name });
    }
    return { element, mounted: picture ? mount(picture, element) : null, drawing: html ?? null };
  }

  /** Show the drawings in the mode that the page is in. */
  paint() {
    // hnviz/figures escaped their words, and the policy allows no script.
    for (const { element, drawing } of this.places.values()) if (drawing) element.innerHTML = drawing[this.mode()];
  }

  /** Draw all pictures with what is asked now, in the mode that the page is in. */
  async draw() {
    const turn = this.turn;
    const all = [...this.places.values()].flatMap(({ mounted }) => mounted ?? []);
    await Promise.all(all.map(async (mounted) => (mounted.render ??= (await import(mounted.picture.module)).render)));
    if (turn !== this.turn) return;
    await Promise.all(all.map((mounted) => this.render(mounted)));
  }

  /** @param {Mounted} mounted */
  async render(mounted) {
    const { picture, render } = mounted;
    turnTo(mounted, this.yours.runOf(picture));
    const { root, run } = mounted;
    root.turn = (root.turn ?? 0) + 1;
    const home = new URL(this.held.home);
    // A copy: the kit compares what it gets with what it had.
    const settings = picture.modes[this.mode()] ?? picture.data.settings;
    const data = structuredClone({ ...picture.data, settings, run });
    const setStateValue = (/** @type {string} */ name, /** @type {{ value: any }} */ { value }) => this.hear(mounted, name, value);
    mounted.end = (await render?.({ data, home, root, turn: root.turn, setStateValue })) ?? (() => {});
  }

  /**
   * Take what a picture reports, as the page's script does.
   * @param {Mounted} mounted
   * @param {string} name
   * @param {any} value
   */
  hear({ picture }, name, value) {
    if (picture.name !== ROW) return;
    /** @type {import("./room.js").Row} */
    const row = picture.data.settings;
    if (name === "pressed") this.choose(row.fields.find((field) => field.name === value)?.leads ?? {});
    else this.choose(changesIn(row, value));
  }

  leave() {
    this.replay?.stop();
    for (const { mounted } of this.places.values()) mounted?.end();
    this.places.clear();
    this.host.replaceChildren();
  }
}

/** The values of controls after "#" in an address. @param {string} hash @returns {Record<string, string>} */
export const valuesIn = (hash) => Object.fromEntries(new URLSearchParams(hash.slice(1)));

/** What stays the same of a part while its content changes. @param {Part} part @returns {string} */
function keyOf(part) {
  const { picture, group, parts = [], title } = part;
  if (picture) return `picture ${picture.data.id}`;
  if (group) return `${group} ${title || (parts[0] ? keyOf(parts[0]) : "")}`;
  return JSON.stringify(part);
}

/** @param {Picture} picture @param {HTMLElement} place @returns {Mounted} */
function mount(picture, place) {
  const root = rootOf(picture);
  (picture.isolate ? place.attachShadow({ mode: "open" }) : place).append(root);
  return { picture, run: picture.data.run, root, render: null, end: () => {} };
}

/** Where a picture is drawn. @param {Picture} picture @returns {Root} */
function rootOf({ height }) {
  const root = document.createElement("div");
  root.className = "hnviz";
  root.style.minHeight = `var(--hn-height, ${height})`;
  return root;
}

/**
 * Have a picture begin again with another run: nothing of the one before may stay.
 * @param {Mounted} mounted
 * @param {string} run
 */
function turnTo(mounted, run) {
  if (run === mounted.run) return;
  mounted.end();
  const root = rootOf(mounted.picture);
  mounted.root.replaceWith(root);
  Object.assign(mounted, { run, root });
}

/**
 * Let an element hold these children. One that stays is not moved, so it keeps the focus.
 * @param {HTMLElement} host
 * @param {Element[]} children
 */
function arrange(host, children) {
  for (const each of [...host.children]) if (!children.includes(each)) each.remove();
  children.forEach((each, at) => {
    if (host.children[at] !== each) host.insertBefore(each, host.children[at] ?? null);
  });
}
