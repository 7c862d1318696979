// @ts-check
// The files that a picture can be saved as: PNG or SVG, a film of what moves, and its figures as CSV.

import { addressBelow } from "./link.js";
import { maker } from "./make.js";

/** @typedef {import("./tables.js").Data} Data */
/** @typedef {"png"|"svg"|"gif"|"csv"} Kind */

const SAID = 4000; // ms
const MOST_NAMED = 3; // runs, in a file's name

export class Save {
  /**
   * @param {HTMLElement} line below the picture
   * @param {import("./frame.js").Frame} frame of the picture
   * @param {() => Data[]} tables what it shows now
   */
  constructor(line, frame, tables) {
    this.frame = frame;
    this.tables = tables;
    this.said = maker(line)("span", "hnviz-saved");
    this.said.setAttribute("role", "status");
    this.timer = 0;
  }

  /** @returns {import("./more.js").Entry[]} */
  entries() {
    const entry = (/** @type {string} */ name, /** @type {Kind} */ kind, /** @type {Data|null} */ data = null) => ({ name, press: () => void this.press(kind, data) });
    const tables = this.filled();
    const frames = this.frame.view.film?.()?.n ?? 0;
    return [
      entry("Picture as PNG", "png"),
      entry("Picture as SVG", "svg"),
      ...(frames > 1 ? [entry("Film as GIF, 4 seconds", "gif")] : []),
      ...tables.map((data) => entry(tables.length > 1 ? `Data as CSV: ${data.caption}` : "Data as CSV", "csv", data)),
    ];
  }

  /**
   * @param {Kind} kind
   * @param {Data|null} data
   */
  async press(kind, data = null) {
    const { asking } = this.frame;
    if (asking.awaited.size) this.say("The rest of the picture is still loading; the file will include it.");
    await asking.whole();
    try {
      const name = await this.save(kind, data);
      this.say(`Saved ${name}`);
    } catch (error) {
      this.say(`This was not saved: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /**
   * Write a file, and return its name. What writes it comes with the first press.
   * @param {Kind} kind
   * @param {Data|null} data
   */
  async save(kind, data) {
    const { fileName, noteOf, partsOf } = await import("./save/words.js");
    const files = await import("./save/files.js");
    const { root, states, theme, last, view, source } = this.frame;
    const about = this.about();
    const parts = partsOf(...about);
    if (data) {
      const name = fileName([...parts, this.filled().length > 1 ? data.caption : ""], kind);
      files.keep(files.csvBlob(data), name);
      return name;
    }
    const from = () => addressBelow(location.href, this.frame.home) || source.about(last?.run ?? "");
    const notes = (/** @type {number|null} */ step) => [noteOf(about[0], about[1], step ?? about[2]), from()];
    if (kind === "gif") return this.film((step) => partsOf(about[0], about[1], step), notes);
    const head = states.sentence.hidden ? headline() : "";
    const around = { title: parts.filter(Boolean).join(" "), said: last?.alt ?? "", head, notes: () => notes(null), ...theme };
    const draw = async () => {
      await view.draw({ .../** @type {any} */ (last), theme });
      view.finish?.();
    };
    const svg = await files.svgOf(root, [states.sentence, states.body], draw, around);
    const name = fileName(parts, kind);
    files.keep(kind === "svg" ? files.svgBlob(svg) : await files.pngOf(svg, root), name);
    return name;
  }

  /**
   * Write a film, and return its name.
   * @param {(step: number|null) => (string|number|null)[]} parts of its name; null for a film through the training
   * @param {(step: number|null) => string[]} notes say what is shown at a training step
   */
  async film(parts, notes) {
    const { fileName } = await import("./save/words.js");
    const { keep } = await import("./save/files.js");
    const { filmOf } = await import("./save/film.js");
    const film = this.frame.view.film?.();
    if (!film) throw new Error("nothing is drawn yet");
    const name = fileName([...parts(film.steps ? null : this.about()[2]), "film"], "gif");
    const tell = (/** @type {number} */ share) => this.say(`Drawing the film: ${Math.round(100 * share)} %`);
    const around = { head: headline(), notes: (/** @type {number} */ at) => notes(film.steps?.[at] ?? null), tell };
    keep(await filmOf(film, this.frame.theme, around), name);
    return name;
  }

  filled() {
    return this.tables().filter(({ n }) => n > 0);
  }

  /**
   * What the picture is about: what the page handed to it, the runs and the training step.
   * @returns {[{ picture: string, id: string }, string[], number|null]}
   */
  about() {
    const { data, definition, last, view } = this.frame;
    const run = last?.run ? [last.run] : [];
    const step = run.length && data.asks.length ? last?.step ?? null : null; // curves are of no single step
    return [data, definition.subject?.(view).slice(0, MOST_NAMED) ?? run, step];
  }

  /** @param {string} sentence */
  say(sentence) {
    clearTimeout(this.timer);
    this.said.textContent = sentence;
    this.timer = window.setTimeout(() => (this.said.textContent = ""), SAID);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** The page's headline, for a picture that has no sentence of its own; else the page's title. */
function headline() {
  const said = document.querySelector('[data-picture="kit/headline"]')?.shadowRoot?.querySelector("[data-said]");
  return said?.getAttribute("data-said") || (document.querySelector(".hnviz-lead, h1")?.textContent?.trim() ?? "");
}
