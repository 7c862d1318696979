// @ts-check
// Draws the pictures of one page of the file, as the app's pages mount them.

import { keepParametersIn } from "../../app/kit/js/address.js";
import { maker } from "../../app/kit/js/make.js";
import { shareTab, Tab } from "../../app/kit/js/tab.js";
import { Controls } from "./controls.js";
import { FileLive } from "./filelive.js";
import { FileSource } from "./filesource.js";
import { Replay } from "./replay.js";

/**
 * @typedef {{ module: string, height: string, isolate: boolean, name: string, data: any }} Picture
 * @typedef {{ level?: number, text?: string, picture?: Picture }} Part a heading or a picture
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
   */
  constructor(host, held, blobs) {
    this.host = host;
    this.held = held;
    this.blobs = blobs;
    this.source = new FileSource(held, blobs); // its networks and answers serve all scenes
    /** @type {Mounted[]} */
    this.mounted = [];
    /** @type {Replay|null} */
    this.replay = null;
    this.turn = 0;
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
    const live = new FileLive(this.held.runs, this.blobs);
    const tab = new Tab(this.source, live);
    shareTab(tab);
    const top = maker(this.host)("div", "top");
    this.mounted = await Promise.all(scene.parts.map((part) => this.part(part)).filter((each) => each !== null));
    if (turn !== this.turn) return;
    this.controls = new Controls(top, this.mounted.map(({ picture }) => picture), this.held, () => this.draw());
    this.replay = new Replay(top, live, (run) => tab.timeline(run));
    await this.draw();
  }

  /**
   * @param {Part} part
   * @returns {Promise<Mounted>|null} null for a heading
   */
  part({ level, text, picture }) {
    const make = maker(this.host);
    if (!picture) {
      make(`h${level}`, "", this.host, text);
      return null;
    }
    const place = make("div", "picture");
    place.dataset.picture = picture.name;
    const root = document.createElement("div");
    root.className = "hnviz";
    root.style.minHeight = `var(--hn-height, ${picture.height})`;
    (picture.isolate ? place.attachShadow({ mode: "open" }) : place).append(root);
    return import(picture.module).then(({ render }) => ({ picture, root, render, end: () => {} }));
  }

  /** Draw all pictures with what is asked now, in the mode that the page is in. */
  async draw() {
    for (const mounted of this.mounted) {
      const { picture, root, render } = mounted;
      root.turn = (root.turn ?? 0) + 1;
      const home = new URL(this.held.home);
      // A copy: the kit compares what it gets with what it had.
      const data = structuredClone(picture.data);
      mounted.end = await render({ data, home, root, turn: root.turn, setStateValue: () => {} });
    }
  }

  leave() {
    this.replay?.stop();
    for (const { end } of this.mounted) end();
    this.mounted = [];
    this.host.replaceChildren();
  }
}
