// @ts-check
// Plotly charts that grow in place, from a topic of hnviz/app/kit/panels.py. Nothing is mounted
// again, so a reader's zoom, hover and hidden curves stay.
//
// news = { panels: [{ name, title, note, alt, sentence, height, of, version, x_marks, notes?, figure?, traces?, marks? }] }
//   figure   the whole figure
//   traces   per trace { from, x, y, text? }: its points from the index `from` on
//   marks    { annotations, shapes }: labels that move with the newest point
//   notes    sentences below the charts, which "More" opens; without them, they stay as they are
// settings.sentence is shown until the first news, settings.fold names the notes

import { Following } from "../js/following.js";
import { maker } from "../js/make.js";
import { setMark } from "../js/page.js";
import { PanelGrid } from "../js/panel.js";
import { picture } from "../js/picture.js";
import { loadPlotly } from "../js/plotly.js";
import { chartTables } from "../js/tables.js";
import { boldNodes, plainText } from "../js/text.js";

class Growing {
  /**
   * @param {HTMLElement} body
   * @param {import("../js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.grid = new PanelGrid(body);
    const make = maker(body);
    this.notes = make("div", "hnviz-fold hnviz-notes"); // which "More" puts below itself
    this.notes.remove();
    this.noted = "";
    /** @type {Map<string, any>} what is known of each chart, in the order they came */
    this.known = new Map();
    /** @type {Following|null} */
    this.following = null;
    /** @type {any} */
    this.Plotly = null;
  }

  tables() {
    return [...this.known.values()].flatMap(({ figure, title }) => chartTables(title, figure));
  }

  /** @param {import("../js/picture.js").Drawing} drawing */
  async draw({ settings, theme, run }) {
    this.say();
    this.following ??= new Following(this.kit, settings.topic, (news) => this.take(news));
    // Figures contain their colours, so the other mode needs other figures.
    this.following.of(run, { mode: theme.dark ? "dark" : "light" });
    this.Plotly ??= await loadPlotly(new URL(settings.plotly, this.kit.home), this.kit.source);
    this.show();
  }

  /** @param {{ panels: any[] }} news */
  take({ panels }) {
    for (const panel of panels) {
      const figure = panel.figure ?? this.grown(panel);
      if (!figure) return this.following?.again();
      this.known.set(panel.name, { notes: this.known.get(panel.name)?.notes, ...panel, figure, marks: panel.x_marks, zooms: true });
    }
    this.say();
    this.show();
  }

  /** "More" opens the notes. */
  offers() {
    const { fold = "" } = this.kit.data.settings;
    const { notes, kit } = this;
    const press = () => (notes.isConnected ? notes.remove() : kit.root.append(notes));
    return fold && this.noted ? [{ name: notes.isConnected ? `Hide: ${fold}` : fold, press }] : [];
  }

  /** Write the sentence above the charts and the notes below them. */
  say() {
    const { states, data } = this.kit;
    const { sentence: first = "" } = data.settings;
    const known = [...this.known.values()].filter(({ of }) => of === data.run);
    const sentence = known.find(({ sentence }) => sentence)?.sentence ?? first;
    if (states.sentence.textContent !== plainText(sentence)) states.say(sentence);
    const notes = known.flatMap(({ notes = [] }) => notes);
    const text = notes.join("\n");
    if (text === this.noted) return; // a reader may have marked some of it
    this.noted = text;
    this.notes.replaceChildren();
    for (const note of notes) maker(this.notes)("p", "").append(...boldNodes(note));
  }

  /**
   * A known figure with its new points; null if points in between are missing.
   * @param {any} panel
   */
  grown({ name, version, traces, marks }) {
    const known = this.known.get(name);
    if (known?.version !== version) return null;
    const fits = known.figure.data.every((/** @type {any} */ trace, /** @type {number} */ at) => traces[at].from <= trace.x.length);
    if (!fits) return null;
    const data = known.figure.data.map((/** @type {any} */ trace, /** @type {number} */ at) => {
      const { from, ...points } = traces[at];
      if (!points.x.length) return trace;
      const grown = Object.entries(points).map(([name, values]) => [name, [...trace[name].slice(0, from), ...values]]);
      return { ...trace, ...Object.fromEntries(grown) };
    });
    return { data, layout: { ...known.figure.layout, ...marks } };
  }

  /**
   * A line shows the snapshot that the page's slider is at, unless that is the newest one.
   * @param {import("../js/timeline.js").Change} change
   */
  hear(change) {
    if (change !== "step") return;
    const { step, steps } = /** @type {import("../js/timeline.js").Timeline} */ (this.kit.timeline);
    setMark("step", step === steps.at(-1) ? null : step, this);
  }

  /** Charts out of sight are drawn when they are scrolled to. */
  show() {
    if (!this.Plotly || !this.kit.visible || !this.kit.root.isConnected) return;
    this.grid.show([...this.known.values()], this.Plotly);
    if (this.known.size) this.kit.table?.changed();
  }

  destroy() {
    this.notes.remove();
    this.following?.leave();
    this.grid.destroy();
  }
}

export const render = picture({
  styles: new URL("../js/charts.css", import.meta.url),
  table: (_, view) => view.tables(),
  create: (body, kit) => new Growing(body, kit),
});
