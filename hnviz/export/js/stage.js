// @ts-check
// Draws the pictures of one page of the file, as the app's pages mount them.

import { keepParametersIn } from "../../app/kit/js/address.js";
import { maker } from "../../app/kit/js/make.js";
import { shareTab, Tab } from "../../app/kit/js/tab.js";
import { note } from "../../app/kit/js/visits.js";
import { Controls } from "./controls.js";
import { FileLive } from "./filelive.js";
import { FileSource } from "./filesource.js";
import { Replay } from "./replay.js";
import { Runs } from "./runs.js";

/**
 * @typedef {{ module: string, height: string, isolate: boolean, modes: Record<string, any>, name: string,
 *             data: any }} Picture
 *   modes  mode -> its settings, of a chart that Python made; none of other pictures
 * @typedef {{ level?: number, text?: string, name?: string, html?: Record<string, string>, picture?: Picture }} Part
 *   a heading, a drawing that Python made in each mode, or a picture
 * @typedef {{ page: string, at: Record<string, string>, parts: Part[] }} Scene
 * @typedef {import("./filesource.js").Held & { home: string, scenes: Scene[] }} Held
 * @typedef {{ picture: Picture, root: HTMLElement & { turn?: number }, render: (component: any) => Promise<() => void>,
 *             end: () => void }} Mounted
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
    /** @type {Mounted[]} */
    this.mounted = [];
    /** @type {[HTMLElement, Record<string, string>][]} */
    this.drawings = [];
    /** @type {Replay|null} */
    this.replay = null;
    this.turn = 0;
    this.changed = () => {};
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
   */
  async show(at) {
    const scene = this.held.scenes[at];
    const turn = ++this.turn;
    this.leave();
    let address = new URL(`${at}/${scene.page}?${new URLSearchParams(scene.at)}`, this.held.home).href;
    keepParametersIn({ read: () => address, write: (url) => (address = url) });
    note(); // what the last page's pictures shared ends
    const live = new FileLive(this.runs);
    const tab = new Tab(this.source, live);
    shareTab(tab);
    const top = document.createElement("div");
    top.className = "top";
    const places = scene.parts.map((part) => this.place(part));
    this.paint();
    places.find((place) => place.tagName !== "H1")?.before(top); // the controls come below the title
    const loaded = scene.parts.map(({ picture }, at) => (picture ? this.load(picture, places[at]) : null));
    const mounted = (await Promise.all(loaded)).filter((each) => each !== null);
    if (turn !== this.turn) return;
    this.mounted = mounted;
    const pictures = mounted.map(({ picture }) => picture);
    new Controls(top, pictures, this.held, () => {
      this.changed();
      this.draw();
    });
    this.replay = new Replay(top, live, (run) => tab.timeline(run));
    await this.draw();
  }

  /**
   * Make the place of a heading, a drawing or a picture.
   * @param {Part} part
   * @returns {HTMLElement}
   */
  place({ level, text, name, html, picture }) {
    const make = maker(this.host);
    if (level) return make(`h${level}`, "", this.host, text);
    const place = make("div", html ? "picture drawn" : "picture");
    place.dataset.picture = picture?.name ?? name;
    if (html) this.drawings.push([place, html]);
    return place;
  }

  /**
   * @param {Picture} picture
   * @param {HTMLElement} place
   * @returns {Promise<Mounted>}
   */
  async load(picture, place) {
    const root = document.createElement("div");
    root.className = "hnviz";
    root.style.minHeight = `var(--hn-height, ${picture.height})`;
    (picture.isolate ? place.attachShadow({ mode: "open" }) : place).append(root);
    const { render } = await import(picture.module);
    const own = structuredClone(picture); // what the reader changes is the page's own
    return { picture: own, root, render, end: () => {} };
  }

  /** Show the drawings in the mode that the page is in. */
  paint() {
    // hnviz/figures escaped their words, and the policy allows no script.
    for (const [place, html] of this.drawings) place.innerHTML = html[this.mode()];
  }

  /** Draw all pictures with what is asked now, in the mode that the page is in. */
  async draw() {
    for (const mounted of this.mounted) {
      const { picture, root, render } = mounted;
      root.turn = (root.turn ?? 0) + 1;
      const home = new URL(this.held.home);
      // A copy: the kit compares what it gets with what it had.
      const settings = picture.modes[this.mode()] ?? picture.data.settings;
      const data = structuredClone({ ...picture.data, settings });
      mounted.end = await render({ data, home, root, turn: root.turn, setStateValue: () => {} });
    }
  }

  leave() {
    this.replay?.stop();
    for (const { end } of this.mounted) end();
    this.mounted = [];
    this.drawings = [];
    this.host.replaceChildren();
  }
}
