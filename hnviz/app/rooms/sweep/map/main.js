// The map of a sweep: a square for each combination, which fills as its runs end.
//
// It follows the topic "sweep" (../topics.py), of the sweep in the address, else of the newest one.
//
// settings = { card: the sweep that is shown before there is any, may: whether the reader may stop
//              and resume, state: for the gallery, news that never change }

import { putInAddress } from "../../../kit/js/address.js";
import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { Choices, button, menu } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { isLocked } from "../../../kit/js/present.js";
import { ramp } from "../../../kit/js/ramp.js";
import { asSentence, partNodes } from "../../../kit/js/text.js";
import { fieldName } from "../../compare/curves/words.js";
import { askedFor, keepSweep, onBegun } from "../shared.js";
import { MEASURES, bestOf, layOut, shares } from "./squares.js";
import { table } from "./table.js";
import { cellText, headline, linkOf, settingText, settingsText, squareText, statusText } from "./words.js";

const SHOW = "sweep_show";
const SEEDS = "sweep_seeds";
const SEED_LOOKS = ["mean", "each"];
const PRESSES = { stop: "Stop", resume: "Go on", retry: "Train the failed again" };
const CAN = { training: ["stop"], stopped: ["resume"], interrupted: ["resume"], failed: ["retry"] };
const POINT = "Point at a square for its figures; arrow keys go from one to the next.";
const EMPTY = { state: "waits", main: "", more: "" };
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class SweepMap {
  constructor(body, kit) {
    this.kit = kit;
    this.known = {}; // fields of the topic
    this.sweep = null;
    this.runs = [];
    this.squares = [];
    const { asked } = kit;
    this.id = askedFor(asked);
    this.measure = asked.choice(SHOW, Object.keys(MEASURES), "accuracy");
    this.seeds = asked.choice(SEEDS, SEED_LOOKS, "mean");
    this.build(body);
    this.following = new Following(kit, "sweep", (news) => this.hear(news));
    this.leave = onBegun(this, (id) => this.follow(id));
  }

  build(body) {
    const make = maker(body);
    this.said = make("p", "headline", body);
    this.said.setAttribute("aria-live", "polite");
    this.status = make("p", "status", body);
    this.status.setAttribute("role", "status");
    const row = make("div", "row", body);
    this.pick = menu(row, "Sweep");
    this.pick.onchange = () => this.choose(this.pick.value);
    this.measures = new Choices(row, "What the squares show", Object.keys(MEASURES), (measure) => this.look({ measure }));
    const apart = make("span", "apart", row, "Seeds ");
    this.apart = new Choices(apart, "Seeds: their mean, or a map for each", SEED_LOOKS, (seeds) => this.look({ seeds }));
    this.apart.row = apart;
    this.presses = Object.fromEntries(Object.entries(PRESSES).map(([what, name]) => [what, button(row, name, () => this.press(what), "quiet")]));
    this.wrong = make("p", "wrong", body);
    this.wrong.setAttribute("role", "alert");
    this.maps = make("div", "maps", body);
    this.maps.onkeydown = (event) => this.move(event);
    this.point = make("p", "point hnviz-aside", body, POINT);
    this.point.setAttribute("role", "status");
    this.note = make("p", "note", body);
  }

  draw({ settings, theme }) {
    this.settings = settings;
    this.theme = theme;
    this.shade = ramp(theme.sequential);
    if (settings.state) this.hear(settings.state);
    else if (!this.following.subject) this.follow(this.id);
    this.show();
  }

  follow(id) {
    this.id = id;
    this.known = {};
    this.kit.refuse("");
    this.following.of("", { sweep: id });
  }

  choose(id) {
    keepSweep(id);
    this.wrong.textContent = "";
    this.follow(id);
  }

  hear(news) {
    Object.assign(this.known, news);
    this.sweep = this.known.sweep ?? null;
    this.runs = Array.from({ length: this.sweep?.n_runs ?? 0 }, (_, at) => this.known[at]);
    this.show();
  }

  /** A reader has chosen another look. */
  look({ measure = this.measure, seeds = this.seeds }) {
    this.measure = measure;
    this.seeds = seeds;
    putInAddress(SHOW, measure === "accuracy" ? null : measure);
    putInAddress(SEEDS, seeds === "mean" ? null : seeds);
    this.show();
  }

  show() {
    if (!this.theme || !("sweep" in this.known)) return;
    const axes = this.sweep?.axes ?? Object.keys(this.settings.card.grid);
    const runs = this.sweep ? this.runs : planned(this.settings.card.grid);
    const layout = layOut(axes, runs, this.seeds === "each");
    const { nodes, plain } = partNodes(headline(this.sweep, layout, this.measure));
    if (plain !== this.plain) this.said.replaceChildren(...nodes);
    this.plain = plain;
    this.status.textContent = this.sweep ? statusText(this.sweep) : "";
    this.showControls(axes);
    const shape = JSON.stringify(layout && [layout.x, layout.y, layout.xs, layout.ys, layout.maps.map(({ title }) => title)]);
    if (shape !== this.shape) this.frame(layout);
    this.shape = shape;
    if (layout) this.fill(layout);
    this.note.textContent = layout ? "" : "This sweep has too many different values for a map: its runs are in the table.";
    this.kit.table?.changed();
  }

  showControls(axes) {
    const offered = this.known.sweeps ?? [];
    const key = JSON.stringify([offered, this.sweep?.id, this.sweep?.name]);
    if (key !== this.offered) {
      this.offered = key;
      const all = offered.some(({ id }) => id === this.sweep?.id) || !this.sweep ? offered : [this.sweep, ...offered];
      this.pick.replaceChildren(...all.map(({ id, name }) => new Option(name, id, false, id === this.sweep?.id)));
    }
    this.pick.parentElement.hidden = !offered.length;
    this.measures.show(this.measure);
    this.apart.show(this.seeds);
    this.apart.row.hidden = !axes.includes("seed") || axes.length < 2;
    const can = this.settings.may && !isLocked() ? (CAN[this.sweep?.problem ? "interrupted" : this.sweep?.status] ?? []) : [];
    for (const [what, made] of Object.entries(this.presses)) made.hidden = !can.includes(what);
  }

  /** Make the tables of squares: their axes stay while the squares fill. */
  frame(layout) {
    this.maps.replaceChildren();
    this.squares = [];
    if (!layout) return;
    const make = maker(this.maps);
    this.maps.dataset.maps = layout.maps.length;
    for (const { title, cells } of layout.maps) {
      const place = make("div", "scroll", this.maps);
      const grid = make("table", "map", place);
      const named = [layout.y && `${fieldName(layout.y)} ↓`, `${fieldName(layout.x)} →`].filter(Boolean).join(", ");
      const said = settingsText(title);
      make("caption", "", grid, said ? `${said}: ${named}` : named);
      const head = make("tr", "", make("thead", "", grid));
      if (layout.y) make("td", "", head);
      for (const value of layout.xs) make("th", "", head, settingText(layout.x, value)).scope = "col";
      const rows = make("tbody", "", grid);
      this.squares.push(cells.map((line, at) => this.line(make("tr", "", rows), layout, line, at)));
    }
  }

  line(row, layout, line, at) {
    const make = maker(row);
    if (layout.y) make("th", "", row, settingText(layout.y, layout.ys[at])).scope = "row";
    return line.map((cell) => {
      const place = make("td", "", row);
      return cell && this.square(place);
    });
  }

  square(place) {
    const made = maker(place)("a", "square", place);
    made.tabIndex = this.squares.length || this.maps.querySelectorAll(".square").length > 1 ? -1 : 0;
    made.append(document.createElement("b"), document.createElement("small"));
    const tell = () => (this.point.textContent = made.title);
    made.onpointerenter = tell;
    made.onfocus = tell;
    made.onpointerleave = () => (this.point.textContent = POINT);
    return made;
  }

  fill(layout) {
    const placed = shares(layout, this.measure);
    const best = bestOf(layout, this.measure)?.cell;
    layout.maps.forEach(({ cells }, map) =>
      cells.forEach((line, down) => line.forEach((cell, along) => cell && this.paint(this.squares[map][down][along], cell, placed.get(cell), cell === best))),
    );
  }

  paint(made, cell, share, isBest) {
    const { state, main, more } = this.sweep ? squareText(cell, this.measure) : EMPTY;
    const shown = state === "finished" && share !== undefined;
    made.dataset.state = state;
    made.classList.toggle("best", isBest);
    made.style.cssText = shown ? colors(this.shade[Math.round(255 * share)]) : "";
    if (made.firstChild.textContent !== main) made.firstChild.textContent = main;
    if (made.lastChild.textContent !== more) made.lastChild.textContent = more;
    made.title = `${isBest ? "The best. " : ""}${cellText(cell)}`;
    made.setAttribute("aria-label", made.title);
    const link = linkOf(cell);
    made.toggleAttribute("href", Boolean(link));
    made.role = link ? null : "img"; // a name needs a role
    if (link) made.href = new URL(link, this.kit.home).href;
  }

  /** Arrow keys go from square to square. */
  move(event) {
    const step = STEPS[event.key];
    const at = step && this.placeOf(event.target);
    if (!at) return;
    event.preventDefault();
    const next = this.squares[at[0]][at[1] + step[0]]?.[at[2] + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  placeOf(target) {
    for (const [map, lines] of this.squares.entries()) {
      for (const [down, line] of lines.entries()) {
        const along = line.indexOf(target);
        if (along >= 0) return [map, down, along];
      }
    }
    return null;
  }

  async press(what) {
    this.wrong.textContent = "";
    try {
      await this.kit.source.post(`api/sweeps/${this.sweep.id}/${what}`, {});
    } catch (error) {
      this.wrong.textContent = asSentence(error.message);
    }
  }

  destroy() {
    this.leave();
    this.following.leave();
  }
}

/** The runs of a plan that nobody has started. */
function planned(grid) {
  const places = Object.entries(grid).reduce((all, [axis, values]) => all.flatMap((each) => values.map((value) => ({ ...each, [axis]: value }))), [{}]);
  return places.map((settings) => ({ settings, run: null, state: "waits", progress: 0, message: "", accuracy: null, valid_loss: null, train_accuracy: null, train_loss: null }));
}

/** A square's colour, and black or white for its text, whichever can be read. */
function colors([red, green, blue]) {
  const light = [red, green, blue].map((value) => ((value / 255) ** 2.2)).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  return `background: rgb(${red} ${green} ${blue}); color: ${light > 0.18 ? "#000" : "#fff"}`;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  keeps: true,
  create: (body, kit) => new SweepMap(body, kit),
});
