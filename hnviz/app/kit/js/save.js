// @ts-check
// "Save", below each picture: the picture as PNG or SVG, its figures as CSV.

import { maker } from "./make.js";
import { button } from "./parts.js";

/** @typedef {import("./tables.js").Data} Data */

const SAID = 4000; // ms
const EDGE = 60; // px at the top of the window, which the page's header covers
const MOST_NAMED = 3; // runs, in a file's name

export class Save {
  /**
   * @param {HTMLElement} under what is below the picture
   * @param {import("./frame.js").Frame} frame of the picture
   * @param {() => Data[]} tables what it shows now
   */
  constructor(under, frame, tables) {
    this.frame = frame;
    this.tables = tables;
    const make = maker(under);
    this.line = make("div", "hnviz-save");
    this.line.hidden = true;
    this.fold = /** @type {HTMLDetailsElement} */ (make("details", "", this.line));
    make("summary", "", this.fold, "Save");
    this.choices = make("div", "hnviz-choices", this.fold);
    this.choices.setAttribute("role", "group");
    this.choices.setAttribute("aria-label", "Save this picture");
    this.said = make("span", "hnviz-saved", this.line);
    this.said.setAttribute("role", "status");
    this.fold.addEventListener("toggle", () => this.offer());
    this.fold.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
    this.fold.addEventListener("focusout", ({ relatedTarget }) => this.leave(/** @type {Node|null} */ (relatedTarget)));
    this.timer = 0;
  }

  /** The picture is drawn. A table without rows is nothing to save. */
  show() {
    this.line.hidden = Boolean(this.frame.definition.rows) && !this.filled().length;
  }

  /** @param {Node|null} to what has the focus now */
  leave(to) {
    if (!this.fold.contains(to) && !this.fold.matches(":hover")) this.close(false);
  }

  /** @param {boolean} back whether the focus goes back to the line */
  close(back) {
    if (!this.fold.open) return;
    this.fold.open = false;
    if (back) this.fold.querySelector("summary")?.focus();
  }

  offer() {
    this.choices.replaceChildren();
    if (!this.fold.open) return;
    button(this.choices, "Picture as PNG", () => this.press("png"));
    button(this.choices, "Picture as SVG", () => this.press("svg"));
    const tables = this.filled();
    for (const data of tables) {
      button(this.choices, tables.length > 1 ? `Data as CSV: ${data.caption}` : "Data as CSV", () => this.press("csv", data));
    }
    this.choices.classList.toggle("below", this.fold.getBoundingClientRect().top < this.choices.offsetHeight + EDGE);
  }

  /**
   * @param {"png"|"svg"|"csv"} kind
   * @param {Data|null} data
   */
  async press(kind, data = null) {
    this.close(true);
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
   * @param {"png"|"svg"|"csv"} kind
   * @param {Data|null} data
   */
  async save(kind, data) {
    const { fileName, noteOf, partsOf } = await import("./save/words.js");
    const files = await import("./save/files.js");
    const { root, states, theme, last, view } = this.frame;
    const about = this.about();
    const parts = partsOf(...about);
    if (data) {
      const name = fileName([...parts, this.filled().length > 1 ? data.caption : ""], kind);
      files.keep(files.csvBlob(data), name);
      return name;
    }
    const around = { title: parts.filter(Boolean).join(" "), said: last?.alt ?? "", note: noteOf(...about), ...theme };
    const draw = async () => {
      await view.draw({ .../** @type {any} */ (last), theme });
      view.finish?.();
    };
    const svg = await files.svgOf(root, [states.sentence, states.body], draw, around);
    const name = fileName(parts, kind);
    files.keep(kind === "svg" ? files.svgBlob(svg) : await files.pngOf(svg, root), name);
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
