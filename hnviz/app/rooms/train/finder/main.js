// The learning rate finder: a range test that one press starts, what it suggests, and three short
// runs that try a rate.
//
// It follows the topic "rates" (topic.py) of the test in the address and of each short run.
//
// settings = { config: of the next run, null while a setting is wrong; epochs, times: of the short
//              runs; n_steps: of a test; test, bench: for the gallery, news that never change }

import { putInAddress } from "../../../kit/js/address.js";
import { pointIn } from "../../../kit/js/canvas.js";
import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { setMark } from "../../../kit/js/page.js";
import { Choices, button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { asSentence, partNodes } from "../../../kit/js/text.js";
import { plot } from "./plot.js";
import { table } from "./table.js";
import { benchText, headline, lastOf, otherSettings, pointText, rateText, runLabel, statusText } from "./words.js";

const TEST = "lr_test"; // in the address: the run of the test
const LOWEST = 1e-7; // of the axis before there is a test
const HIGHEST = 10;
const CHANCE = 3.7; // nats: the loss before there is a test
const HEIGHT = 260; // px of a plot
const NARROW = 360; // px, below which a label has no room for more than a rate
const NAMES = ["valley", "steepest"];
const POINT = "Point at the curve for a mini-batch; a click picks its rate.";
const NOTE =
  "The faint points are single mini-batches, the line is their running mean (factor 0.98, without its bias). Valley is the middle of the longest stretch over which that falls, steepest where it falls fastest: as in fast.ai's lr_find.";
const DASHES = ["", "8 4", "2 3"];

class Finder {
  constructor(body, kit) {
    this.kit = kit;
    this.test = null;
    this.bench = []; // of each short run what is known, or null
    this.picked = "valley"; // one of NAMES, or the number of a mini-batch
    this.run = kit.asked.value(TEST, (text) => (/^lr-[\w-]{1,110}$/.test(text) ? text : null), "a range test", "");
    this.build(body);
    this.following = new Following(kit, "rates", (news) => this.hear(news));
    this.others = [];
  }

  build(body) {
    const make = maker(body);
    const row = make("div", "row", body);
    this.find = button(row, "Run the test", () => this.start(), "go");
    this.stop = button(row, "Stop", () => this.end(), "quiet");
    this.choices = new Choices(row, "Which suggestion", NAMES, (name) => this.pick(name));
    this.use = button(row, "", () => setMark("lr", { rate: this.rate() }, this), "quiet");
    this.tryOut = button(row, "", () => this.startBench(), "quiet");
    this.wrong = make("p", "wrong", body);
    this.wrong.setAttribute("role", "alert");
    this.said = make("p", "headline", body);
    this.said.setAttribute("aria-live", "polite");
    this.status = make("p", "status", body);
    this.two = make("div", "two", body);
    this.rates = this.figure(make, "Loss by learning rate");
    this.courses = this.figure(make, "");
    const { svg } = this.rates;
    svg.tabIndex = 0;
    svg.onpointermove = (event) => this.tell(this.under(event));
    svg.onpointerleave = () => this.tell(null);
    svg.onclick = (event) => this.pick(this.under(event));
    svg.onkeydown = (event) => this.press(event);
    this.point = make("p", "point", body, POINT);
    this.point.setAttribute("role", "status");
    make("p", "point", body, NOTE);
  }

  figure(make, name) {
    const figure = make("figure", "", this.two);
    const caption = make("figcaption", "", figure, name);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("role", "img");
    figure.append(svg);
    return { figure, caption, svg };
  }

  draw({ settings, theme }) {
    this.settings = settings;
    this.theme = theme;
    if (settings.test) Object.assign(this, { test: settings.test, bench: settings.bench ?? [] });
    else if (this.run && !this.following.subject) this.following.of(this.run);
    this.show();
  }

  hear(news) {
    this.test = { ...this.test, ...news };
    this.show();
  }

  // --- Presses ------------------------------------------------------------------------------------

  /** Have the settings above tested, or show the test that was made of them before. */
  async start() {
    await this.send(this.find, "api/lr-tests", this.settings.config, ({ run }) => {
      if (run === this.run && this.test) return;
      putInAddress(TEST, run);
      this.leaveBench();
      Object.assign(this, { run, test: null, picked: "valley" });
      this.kit.refuse("");
      this.following.of(run);
    });
  }

  async end() {
    await this.send(this.stop, `api/runs/${this.run}/stop`, {}, () => {});
  }

  /** Train the three short runs; those that are there already are shown at once. */
  async startBench() {
    const { times, epochs, config } = this.settings;
    const rest = { like: this.run, epochs, pct_start: config.pct_start };
    const runs = times.map((each) => ({ ...rest, lr: Number((each * this.rate()).toPrecision(2)) }));
    await this.send(this.tryOut, "api/runs", { runs }, ({ runs: made, refused }) => {
      this.leaveBench();
      this.bench = made.map(() => null);
      this.others = made.map(({ run }, at) => {
        const following = new Following(this.kit, "rates", (news) => {
          this.bench[at] = { ...this.bench[at], ...news };
          this.show();
        });
        following.of(run);
        return following;
      });
      this.wrong.textContent = refused ? asSentence(refused) : "";
    });
  }

  leaveBench() {
    for (const each of this.others) each.leave();
    this.others = [];
    this.bench = [];
  }

  async send(pressed, path, body, then) {
    this.wrong.textContent = "";
    pressed.disabled = true;
    try {
      then(await this.kit.source.post(path, body));
    } catch (error) {
      this.wrong.textContent = asSentence(error.message);
    }
    pressed.disabled = false;
    this.show();
  }

  // --- What is picked -----------------------------------------------------------------------------

  pick(picked) {
    if (picked === null) return;
    this.picked = picked;
    this.show();
  }

  /** The picked rate; null while there is none. */
  rate() {
    const { found = {}, lr = [] } = this.test ?? {};
    if (typeof this.picked === "number") return this.picked < lr.length ? Number(lr[this.picked].toPrecision(2)) : null;
    return found[this.picked]?.lr ?? null;
  }

  /** The mini-batch under the pointer. */
  under(event) {
    if (!this.test?.lr.length) return null;
    const [x] = pointIn(this.rates.svg.parentElement, event);
    const { from, to, start, end } = this.scale;
    const lr = from * (to / from) ** ((x - start) / (end - start));
    const far = this.test.lr.map((each) => Math.abs(Math.log(each / lr)));
    return far.indexOf(Math.min(...far));
  }

  tell(at) {
    this.point.textContent = at === null ? POINT : pointText(this.test, at);
  }

  press(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const count = this.test?.lr.length;
    if (!step || !count) return;
    event.preventDefault();
    const now = typeof this.picked === "number" ? this.picked : (this.test.found[this.picked]?.at ?? 0);
    const at = Math.min(count - 1, Math.max(0, now + step));
    this.pick(at);
    this.tell(at);
  }

  // --- Drawing ------------------------------------------------------------------------------------

  show() {
    if (!this.theme || !this.kit.root.isConnected) return;
    const { test, settings } = this;
    const live = Boolean(test?.live);
    const rate = live ? null : this.rate();
    this.find.disabled = !settings.config || live;
    this.stop.hidden = !live;
    this.choices.buttons[0].parentElement.hidden = !test?.found.valley;
    this.choices.show(typeof this.picked === "string" && rate ? this.picked : null);
    for (const each of [this.use, this.tryOut]) each.hidden = rate === null;
    if (rate !== null) {
      this.use.textContent = `Use lr ${rateText(rate)}`;
      this.tryOut.textContent = `Bench it: ${settings.times.map((each) => rateText(each * rate)).join(", ")}`;
      this.tryOut.title = `Trains three runs of ${settings.epochs} epochs with the same seed.`;
      this.tryOut.disabled = !settings.config;
    }
    const { nodes, plain } = partNodes(headline(test));
    if (plain !== this.plain) this.said.replaceChildren(...nodes);
    this.plain = plain;
    const other = test ? otherSettings(test.config, settings.config) : "";
    this.status.textContent = settings.config ? [statusText(test), other].filter(Boolean).join(" ") : "A setting above cannot be used; the test starts when it can.";
    this.paint();
    this.kit.table?.changed();
  }

  paint() {
    const known = this.bench.filter(Boolean);
    this.courses.figure.hidden = !known.length;
    this.two.classList.toggle("both", known.length > 0);
    this.paintRates();
    if (known.length) this.paintCourses(known);
    this.two.dataset.points = this.test?.lr.length ?? 0;
  }

  paintRates() {
    const { test, theme } = this;
    const { lr = [], loss = [], smooth = [], found = {} } = test ?? {};
    const heights = [...loss, ...smooth].filter((value) => value !== null);
    const first = smooth[0] ?? CHANCE;
    const last = lastOf(smooth) ?? 0;
    const rate = this.rate();
    const marks = [];
    const now = this.settings.config?.lr;
    const isMarked = now === rate || Object.values(found).some(({ lr: each }) => each === now);
    if (now && !isMarked) marks.push({ x: clipped(now), label: `now ${rateText(now)}`, color: theme.muted, dash: "2 4" });
    for (const name of NAMES) {
      const each = found[name];
      if (each) marks.push({ x: each.lr, y: each.loss, label: `${name} ${rateText(each.lr)}`, color: theme.primary, dash: name === "valley" ? "" : "8 4", strong: this.picked === name });
    }
    if (typeof this.picked === "number" && rate !== null) marks.push({ x: rate, y: smooth[this.picked] ?? undefined, label: `picked ${rateText(rate)}`, color: theme.cursor, strong: true });
    this.scale = plot(this.rates.svg, {
      width: this.rates.figure.clientWidth,
      height: HEIGHT,
      x: { from: LOWEST, to: HIGHEST, log: true, title: "learning rate", write: powerText },
      y: { from: Math.min(0.9 * first, ...heights) - 0.1, to: Math.min(2 * first, Math.max(1.25 * first, last)), title: "loss, nats" },
      dots: { x: lr, y: loss, color: theme.train, width: 5 },
      lines: [{ x: lr, y: smooth, color: theme.text, width: 2.5 }],
      marks,
      theme,
      alt: `${this.plain} Arrow keys go from mini-batch to mini-batch.`,
    });
  }

  paintCourses(known) {
    const { theme, settings } = this;
    const { nodes, plain } = partNodes(benchText(this.bench.map((run) => run ?? { live: true, smooth: [] }), settings.epochs));
    if (plain !== this.benched) this.courses.caption.replaceChildren(...nodes);
    this.benched = plain;
    const ends = known.flatMap(({ smooth }) => smooth.filter((value) => value !== null));
    const width = this.courses.figure.clientWidth;
    const first = Math.max(CHANCE, ...known.map(({ smooth }) => smooth.find((value) => value !== null) ?? 0));
    plot(this.courses.svg, {
      width,
      height: HEIGHT,
      x: { from: 0, to: Math.max(1, ...known.map(({ n_steps }) => n_steps)), title: "training step" },
      y: { from: Math.min(0, ...ends), to: 1.1 * first, title: "running loss on train, nats" },
      lines: this.bench.flatMap((run, at) =>
        run ? [{ x: run.smooth.map((_, step) => (step * Math.max(run.step, 1)) / run.smooth.length), y: run.smooth, color: theme.categorical[at], dash: DASHES[at], width: 2.5, label: runLabel(run, width < NARROW) }] : [],
      ),
      theme,
      alt: plain,
    });
    this.courses.figure.dataset.done = known.filter(({ live, smooth }) => !live && lastOf(smooth) !== null).length;
  }

  destroy() {
    this.leaveBench();
    this.following.leave();
  }
}

const clipped = (lr) => Math.min(HIGHEST, Math.max(LOWEST, lr));

/** A tick of the axis of rates: 1e-5; 0.1 and more in digits. */
const powerText = (value) => (value < 0.1 ? value.toExponential() : String(value));

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  keeps: true,
  create: (body, kit) => new Finder(body, kit),
});
