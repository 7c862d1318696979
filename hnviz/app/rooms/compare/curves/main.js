// Curves of many runs, laid over each other.
//
// It fetches /api/curves for the runs in the address (../chosen.js), and again while one of them
// trains. Two canvases: the upper one has only what the pointer adds, so 200 curves are drawn once.
//
// settings = { standard: the runs that are compared until somebody chooses, kinds: kinds of tokens,
//              fields, cards, stateful, models, shares: see Settings in ./change.js }

import { pointIn } from "../../../kit/js/canvas.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { nearest } from "../../../kit/js/scale.js";
import { partNodes } from "../../../kit/js/text.js";
import { MOST, chosen, onChosen } from "../chosen.js";
import { Change } from "./change.js";
import { Controls } from "./controls.js";
import { Loader } from "./load.js";
import { layOut, paint, paintMark, place } from "./paint.js";
import { sceneOf } from "./scene.js";
import { BITS, MEASURES } from "./series.js";
import { table } from "./table.js";
import { Ends } from "./tables.js";
import { bitsNote, headline, lost } from "./words.js";

const HEIGHT = 400; // px of the plot
const REACH = 40; // px within which the pointer finds a line
const NARROW = 640; // px, below which names are written in the table alone
const FEW = 24; // runs whose table is drawn with the curves
const LATER = 60; // ms after the curves until the table of more is
const LETTER = 6.7; // px of a letter of a name
const MOST_REPORTED = 24; // runs, as in hnviz/export/report.py

class Curves {
  constructor(body, kit) {
    this.kit = kit;
    this.data = null;
    this.scene = null;
    this.marked = null; // { line, at } under the pointer
    const make = maker(body);
    this.said = make("p", "headline", body);
    this.said.setAttribute("aria-live", "polite");
    this.lost = make("p", "lost", body);
    this.lost.setAttribute("role", "alert");
    this.top = make("div", "top", body);
    this.plot = make("div", "plot", body);
    Object.assign(this.plot, { tabIndex: 0, role: "img" });
    this.plot.style.height = `${HEIGHT}px`;
    this.base = make("canvas", "base", this.plot);
    this.over = make("canvas", "over", this.plot);
    this.point = make("p", "point", body);
    this.point.setAttribute("role", "status");
    this.note = make("p", "note", body);
    this.told = make("div", "told hnviz-aside", body);
    this.tried = make("div", "try hnviz-aside", body);
    this.ends = new Ends(make("div", "ends", body), kit, (run) => this.markRun(run));
    this.away = make("p", "note hnviz-aside", body);
    this.loader = new Loader(kit, (data) => this.take(data), () => MEASURES[this.controls.look.measure].of === "points");
    this.leave = onChosen(this, (ids) => this.show(ids));
    this.plot.onpointermove = (event) => this.hover(event);
    this.plot.onpointerdown = (event) => this.hover(event);
    this.plot.onpointerleave = () => this.mark(null);
    this.plot.onkeydown = (event) => this.press(event);
    this.paints = 0;
  }

  draw({ settings, theme }) {
    this.theme = theme;
    this.controls ??= new Controls(this.top, this.kit, settings.kinds, () => this.change());
    this.trial ??= new Change(this.told, this.tried, this.kit, settings);
    if (this.data) return this.paintAll();
    return this.show(chosen(settings.standard));
  }

  /** A reader has changed the look. */
  change() {
    this.paintAll();
    this.judge();
    if (this.loader.needs()) this.loader.complete();
  }

  /** @param {string[]} ids of the chosen runs */
  show(ids) {
    this.asked = ids.length;
    return this.loader.show(ids.slice(0, MOST));
  }

  take(data) {
    this.data = data;
    this.judge();
    const more = this.asked > MOST ? `The address asks for ${this.asked.toLocaleString("en")} runs; the first ${MOST} are compared. ` : "";
    this.lost.textContent = more + lost(data.missing, data.damaged, data.runs.length > 0);
    this.paintAll();
  }

  judge() {
    if (this.data) this.trial.show(this.data.runs, this.data.kinds.length, this.controls.look.measure);
  }

  paintAll() {
    const width = this.plot.clientWidth;
    if (!this.data || !this.theme || !width) return; // a hidden tab is painted when it is shown
    const { look } = this.controls;
    this.look = look;
    const scene = sceneOf(this.data, look, this.theme);
    const longest = Math.max(0, ...scene.lines.map(({ label }) => label.length));
    const room = width < NARROW ? 12 : Math.min(width / 3, 44 + LETTER * longest);
    if (width < NARROW) for (const line of scene.lines) line.label = "";
    Object.assign(scene, { width, height: HEIGHT });
    this.laid = layOut({ ...scene, logX: look.logX, logY: look.logY, room });
    place(scene, this.laid);
    this.scene = scene;
    paint(this.base, scene, this.laid, this.theme);
    this.mark(null);
    this.say();
    this.plot.dataset.lines = scene.own.length;
    this.plot.dataset.paints = ++this.paints;
    clearTimeout(this.rest);
    if (this.data.runs.length <= FEW) this.tabulate();
    else this.rest = setTimeout(() => this.tabulate(), LATER); // many rows take longer than the curves
  }

  tabulate() {
    const looks = new Map(this.scene.own.flatMap((line) => line.group.map(({ run }) => [run, line])));
    this.ends.show(this.data, looks);
    this.offer();
    this.kit.table?.changed();
  }

  /** Offer a report on the runs that are shown. */
  offer() {
    const { length } = this.data.runs;
    this.away.replaceChildren();
    if (length > MOST_REPORTED) this.away.textContent = `A report takes at most ${MOST_REPORTED} runs.`;
    if (!length || length > MOST_REPORTED) return;
    const link = maker(this.away)("a", "", this.away, "A report");
    const ids = this.data.runs.map(({ run }) => encodeURIComponent(run)).join(",");
    link.href = new URL(`api/report?runs=${ids}`, this.kit.home).href;
    this.away.append(` on ${length === 1 ? "this run" : "these runs"} is one page with settings, figures and curves, to print.`);
  }

  say() {
    const { measure, kind } = this.look;
    const { nodes, plain } = partNodes(headline(this.scene.own, measure, kind));
    if (plain !== this.plain) this.said.replaceChildren(...nodes);
    this.plain = plain;
    this.plot.setAttribute("aria-label", `${plain} Arrow keys go through the runs and their points.`);
    this.note.textContent = this.notes().join(" ");
  }

  notes() {
    const { runs } = this.data;
    const every = Math.max(0, ...runs.map((run) => run.every));
    const { own, gap, cut, named, writeValue } = this.scene;
    const count = own.length.toLocaleString("en");
    return [
      own.length > 0 && !named && `${count} lines: the highest and the lowest are named; point at another one for its name.`,
      gap && "The grey area is the gap.",
      this.look.measure === BITS && bitsNote(runs),
      every > 1 && this.look.measure.endsWith("train") && `Each point is the mean of ${every} steps.`,
      cut !== null && `Losses above ${writeValue(cut)} are cut off.`,
      own.some(({ x }) => !x.length) && "A run without a line here has no figure yet.",
      own.some(({ seeds }) => seeds) && "A band goes from the lowest seed to the highest; its line is their mean.",
    ].filter(Boolean);
  }

  hover(event) {
    if (!this.scene) return;
    const [x, y] = pointIn(this.plot, event);
    this.mark(nearest(this.scene.lines, x, y, REACH));
  }

  /** Mark a line, and say which run it is; `at` null marks all of it. */
  mark(found) {
    const key = found && `${found.line} ${found.at}`;
    if (key === this.key && found) return;
    this.key = key;
    this.marked = found;
    paintMark(this.over, this.scene, this.laid, this.theme, found ?? { line: -1, at: null });
    this.point.textContent = found ? this.pointText(found) : "Point at a curve for its run.";
    this.plot.dataset.marked = found ? this.scene.lines[found.line].name : "";
  }

  pointText({ line, at }) {
    const { name, x, y, end, group } = this.scene.lines[line];
    const full = group.length === 1 ? group[0].name : name;
    const said = full === name ? name : `${name} (${full})`;
    if (at === null) return `${said}: ends at ${this.scene.writeValue(end)}.`;
    return `${said}: ${this.scene.xTitle} ${this.scene.writeX(Number(x[at].toPrecision(5)))}, ${this.scene.writeValue(y[at])}.`;
  }

  markRun(run) {
    if (!this.scene) return;
    const line = this.scene.own.findIndex(({ group }) => group.some((each) => each.run === run));
    this.mark(line < 0 ? null : { line, at: null });
  }

  /** Up and down go through the runs, left and right along one. */
  press(event) {
    const { key } = event;
    if (!this.scene?.lines.length || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Escape"].includes(key)) return;
    event.preventDefault();
    if (key === "Escape") return this.mark(null);
    const count = this.scene.lines.length;
    const { line, at } = this.marked ?? { line: -1, at: null };
    if (key === "ArrowUp" || key === "ArrowDown") {
      const next = line < 0 ? 0 : (line + (key === "ArrowDown" ? 1 : count - 1)) % count;
      return this.mark({ line: next, at: null });
    }
    const shown = this.scene.lines[Math.max(0, line)];
    if (!shown.x.length) return;
    const from = at ?? (key === "ArrowLeft" ? shown.x.length : -1);
    const to = Math.min(shown.x.length - 1, Math.max(0, from + (key === "ArrowRight" ? 1 : -1)));
    this.mark({ line: Math.max(0, line), at: to });
  }

  destroy() {
    clearTimeout(this.rest);
    this.leave();
    this.trial?.destroy();
    this.loader.destroy();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  subject: ({ data }) => data?.runs.map(({ run }) => run) ?? [],
  keeps: true,
  create: (body, kit) => new Curves(body, kit),
});
