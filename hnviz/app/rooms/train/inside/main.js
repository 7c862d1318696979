// Inside an accuracy: answers by kind of token, whole numbers, and where the words of a kind cost most.
//
// It follows the topic "kinds" (topic.py) and shows the epoch of the page's training step. Whole
// numbers are counted by the view "whole_numbers", one snapshot after the other, while the picture is visible.

import { Following } from "../../../kit/js/following.js";
import { translated } from "../../../kit/js/language.js";
import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { mark, onMark } from "../../../kit/js/page.js";
import { Choices } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { partNodes } from "../../../kit/js/text.js";
import { sentTables } from "../../../kit/js/tables.js";
import { Bars, scaleOf } from "./bars.js";
import { plot } from "./plot.js";
import { alt, note, sentence, title } from "./words.js";
import { table } from "./table.js";
import { Worst, pickKind } from "./worst.js";

const make = maker();
const MEASURE = "inside"; // in the address
const MEASURES = ["accuracy", "loss"];

class Inside {
  constructor(root, kit) {
    this.root = root;
    this.kit = kit;
    this.kept = kit.root.style.minHeight;
    this.measure = kit.asked.choice(MEASURE, MEASURES, MEASURES[0]);
    this.at = null; // the step of an epoch that has no snapshot, picked here
    this.shares = new Map(); // step -> [share of train, share of valid]
    /** The snapshots that were refused: step -> address. A snapshot that is written again has another one. */
    this.refused = new Map();
    this.counting = false;
    this.title = make("h2", "", root);
    this.said = make("p", "said", root);
    this.said.setAttribute("aria-live", "polite");
    this.empty = make("p", "empty", root);
    this.body = make("div", "body", root);
    this.body.hidden = true;
    this.controls(make("div", "controls", this.body));
    this.two = make("div", "two", this.body);
    this.bars = new Bars(make("div", "bars", this.two), (kind) => this.pick(kind));
    this.numbers = this.chart(this.two, "Whole next number right, after three");
    this.note = make("p", "note", this.body);
    this.worst = new Worst(make("div", "worst", this.body), kit);
    this.paints = 0;
    this.following = new Following(kit, "kinds", (news) => this.take(news));
    this.seen = false; // counting takes the engine's time: it waits for a reader
    const watch = new IntersectionObserver((entries) => this.see(entries.at(-1).isIntersecting));
    watch.observe(kit.root);
    this.ends = [
      onMark("kind", this, () => this.paintAll()),
      onMark("step", this, () => this.paintAll()),
      () => watch.disconnect(),
    ];
  }

  chart(parent, name) {
    const figure = make("figure", "", parent);
    const caption = make("figcaption", "", figure, name);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("role", "img");
    figure.append(svg);
    return { figure, caption, svg };
  }

  controls(row) {
    this.choices = new Choices(row, "Accuracy or loss", MEASURES, (name) => this.show(name));
    const label = make("label", "epoch", row, "Epoch");
    this.slider = make("input", "", label);
    this.slider.type = "range";
    this.slider.min = 0;
    this.which = make("b", "", label);
    this.slider.oninput = () => this.slide(false);
    this.slider.onchange = () => this.slide(true);
  }

  /** Move the page's training step to the epoch's end, if that has a snapshot. */
  slide(rests) {
    const { epochs } = this.data;
    const { timeline } = this.kit;
    const { step } = epochs[Number(this.slider.value)];
    const last = step === epochs.at(-1).step;
    if (timeline.playing) timeline.pause();
    this.at = last || timeline.versions.has(step) ? null : step;
    if (last) timeline.show(timeline.steps.at(-1), rests);
    else if (this.at === null) timeline.show(step, rests);
    this.paintAll();
  }

  show(measure) {
    this.measure = measure;
    putInAddress(MEASURE, measure === "loss" ? "loss" : null);
    this.paintAll();
  }

  pick(kind) {
    pickKind(kind, this);
    this.paintAll();
  }

  params() {
    return this.worst.params();
  }

  /** Called when the run, the theme or the width has changed, and when it is scrolled to. */
  draw({ run, theme, settings, answer }) {
    this.theme = theme;
    this.worst.show(answer, settings);
    if (this.following.of(run)) this.reset();
    this.count();
    this.paintAll();
  }

  reset() {
    this.data = null;
    this.at = null;
    this.shares.clear();
    this.refused.clear();
  }

  hear(change) {
    if (change === "step") this.at = null;
    if (change === "snapshots") this.count();
    if (change === "step" || change === "run") this.paintAll();
  }

  take({ keep, epochs, counted, ...rest }) {
    const before = this.data?.epochs ?? [];
    if (keep > before.length) return this.following.again();
    this.data = { ...rest, epochs: [...before.slice(0, keep), ...epochs], wanted: counted, counted: [], lacking: 0 };
    this.count();
    this.paintAll();
  }

  see(seen) {
    this.seen = seen;
    if (seen) this.count();
  }

  /** Count whole numbers at the snapshots that lack them, the newest first and one at a time. */
  async count() {
    const { refusals, source, data } = this.kit;
    const { step, href } = this.next() ?? {};
    if (!href || this.counting || !this.seen || refusals.causes.get(step)?.timer) return;
    this.counting = true;
    const answer = await refusals.attempt(step, () => source.get(href), () => this.again(step));
    this.counting = false;
    if (!this.kit.root.isConnected) return;
    if (data.run === this.kit.data.run) {
      if (answer) this.shares.set(step, [answer.meta.train, answer.meta.valid]);
      else if (!refusals.causes.get(step)?.timer) this.refused.set(step, href);
    }
    this.paintAll();
    this.count();
  }

  again(step) {
    this.refused.delete(step);
    this.count();
  }

  next() {
    const { versions, run } = this.kit.timeline ?? {};
    for (const step of this.data?.wanted ?? []) {
      if (this.shares.has(step) || !versions.has(step)) continue;
      const path = `api/runs/${encodeURIComponent(run)}/${step}/whole_numbers`;
      const href = this.kit.source.address(path, { v: versions.get(step) });
      if (href !== this.refused.get(step)) return { step, href };
    }
    return null;
  }

  /** The epoch that is shown: that of the training step, the newest while the run trains. */
  epochAt() {
    const { epochs } = this.data;
    const picked = epochs.findIndex(({ step }) => step === this.at);
    if (picked >= 0) return picked;
    const { step, newest } = this.kit.timeline;
    if (newest || step === null) return epochs.length - 1;
    return Math.max(0, epochs.findLastIndex((epoch) => epoch.step <= step));
  }

  paintAll() {
    const width = this.root.clientWidth;
    if (!this.data || !this.theme || !width) return; // a hidden tab is painted when it is shown
    const { epochs, wanted } = this.data;
    this.picked = mark("kind");
    this.data.counted = [...this.shares].map(([step, shares]) => [step, ...shares]).sort(([a], [b]) => a - b);
    const { versions } = this.kit.timeline ?? {}; // a file has few snapshots
    this.data.lacking = wanted.filter((step) => !this.shares.has(step) && versions?.has(step)).length;
    const index = this.epochAt();
    const epoch = epochs[index];
    this.title.textContent = translated(title(epoch, this.measure));
    this.empty.textContent = epoch ? "" : this.why();
    this.body.hidden = !epoch;
    // What never comes needs no room.
    this.kit.root.style.minHeight = epoch || this.data.live ? this.kept : "0";
    this.say(epoch ? sentence(this.data, epoch, this.measure) : []);
    if (epoch) this.paint(epoch, index, width < 640);
    this.kit.table?.changed();
    this.body.dataset.paints = ++this.paints;
    this.body.dataset.epoch = epoch?.epoch ?? "";
  }

  why() {
    const { live } = this.data;
    if (live) return "The answers by kind of token come at the end of the first epoch.";
    return "This run has no answers by kind of token: it ended before its first epoch was over, or an older hnviz trained it. Train another one.";
  }

  say(parts) {
    const { nodes, plain } = partNodes(parts);
    if (plain !== this.plain) this.said.replaceChildren(...nodes);
    this.plain = plain;
  }

  paint(epoch, index, narrow) {
    const { data, theme, measure } = this;
    this.choices.show(measure);
    this.slider.max = data.epochs.length - 1;
    this.slider.value = index;
    this.slider.disabled = data.epochs.length < 2;
    this.which.textContent = `${epoch.epoch} of ${data.planned}`;
    this.slider.setAttribute("aria-valuetext", this.which.textContent);
    this.two.classList.toggle("narrow", narrow);
    const top = scaleOf(data, measure);
    this.bars.draw({ data, epoch, measure, theme, top, picked: this.picked });
    this.note.textContent = note(data, epoch);
    this.counted(epoch);
  }

  lastStep() {
    const { epochs, planned } = this.data;
    const last = epochs.at(-1);
    return (last.step / last.epoch) * planned;
  }

  counted(epoch) {
    const { counted, lacking, wanted, words } = this.data;
    const { theme } = this;
    const series = [
      { name: words.columns[0], color: theme.train, dash: "7 4", width: 2, ring: true, points: counted.map(([step, inside]) => [step, inside]) },
      { name: words.columns[1], color: theme.valid, width: 2.5, dot: true, points: counted.map(([step, , beyond]) => [step, beyond]) },
    ];
    const wait = lacking ? `still to be counted at ${lacking} of ${wanted.length} snapshots` : "";
    this.numbers.caption.textContent = "Whole next number right, after three";
    const small = make("small", "", this.numbers.caption, wait);
    small.hidden = !wait;
    plot(this.numbers.svg, {
      width: this.numbers.figure.clientWidth,
      height: 246,
      label: 84,
      x: [0, this.lastStep()],
      now: epoch.step,
      hovered: mark("step"),
      series,
      theme,
      alt: alt.numbers(counted, words),
    });
    this.numbers.svg.dataset.points = counted.length;
  }

  destroy() {
    this.following.leave();
    this.worst.destroy();
    for (const end of this.ends) end();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: (drawing, view) => [...table(drawing, view), ...sentTables(drawing)],
  create: (body, kit) => new Inside(body, kit),
});
