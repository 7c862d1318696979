// What is inside an accuracy: answers by kind of token, whole numbers, and the way there.
//
// data = { run, model, live, kinds, planned, epochs, special, counted, lacking, kind }
//   epochs   [{ epoch, step, accuracy, loss, train, valid }], the two [n, right, loss] a kind
//   special  answers on valid that no bar shows
//   counted  [[step, share of whole numbers right to 7,999, share from 8,001 on]]
//   lacking  snapshots whose numbers are still being counted
//   kind     the kind whose worst places stand below
// Reported: "kind", "ones:3", what was clicked and how often something was.

import { define } from "../../../kit/js/define.js";
import { Bars, scaleOf } from "./bars.js";
import { plot } from "./plot.js";
import { alt, note, sentence, title } from "./words.js";
import { maker } from "../../../kit/js/make.js";

const make = maker();

/** A kind's line: two kinds share a colour, so a dash tells them apart; the comma's fill is too pale. */
function lineOf(kind, theme) {
  const place = kind === "hundred" || kind === "thousand";
  const color = kind === "comma" ? theme.commaMark : theme.kind[place ? "place" : kind];
  const dash = { hundred: "7 4", comma: "2 3" }[kind] ?? "";
  return { color, dash };
}

class Inside {
  constructor(root) {
    this.root = root;
    this.kept = root.style.minHeight;
    this.clicks = 0;
    this.measure = new URL(location).searchParams.get("inside") === "loss" ? "loss" : "accuracy";
    this.at = null; // the step of the epoch that is looked at; null follows the newest
    this.title = make("h2", "", root);
    this.said = make("p", "said", root);
    this.said.setAttribute("aria-live", "polite");
    this.empty = make("p", "empty", root);
    this.body = make("div", "body", root);
    this.controls(make("div", "controls", this.body));
    this.two = make("div", "two", this.body);
    this.bars = new Bars(make("div", "bars", this.two), (kind) => this.pick(kind));
    this.numbers = this.chart(this.two, "Whole next number right, after three");
    this.course = make("div", "two", this.body);
    this.train = this.chart(this.course, "");
    this.valid = this.chart(this.course, "");
    this.note = make("p", "note", this.body);
    this.paints = 0;
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
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
    const group = make("div", "measures", row);
    group.setAttribute("role", "radiogroup");
    group.setAttribute("aria-label", "Accuracy or loss");
    this.choices = ["accuracy", "loss"].map((name) => {
      const button = make("button", "", group, name);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.onclick = () => this.show(name);
      return button;
    });
    const label = make("label", "epoch", row, "Epoch");
    this.slider = make("input", "", label);
    this.slider.type = "range";
    this.slider.min = 0;
    this.which = make("b", "", label);
    this.slider.oninput = () => {
      const { epochs } = this.data;
      const index = Number(this.slider.value);
      this.at = index === epochs.length - 1 ? null : epochs[index].step;
      this.draw();
    };
  }

  show(measure) {
    this.measure = measure;
    const url = new URL(location);
    if (measure === "loss") url.searchParams.set("inside", "loss");
    else url.searchParams.delete("inside");
    history.replaceState(history.state, "", url);
    this.draw();
  }

  pick(kind) {
    this.picked = kind; // until Python says so too
    this.draw();
    this.send("kind", `${kind}:${++this.clicks}:${Date.now()}`);
  }

  update({ data, theme, send }) {
    if (this.data?.run !== data.run) this.at = null;
    this.data = data;
    this.theme = theme;
    this.send = send;
    this.picked = data.kind;
    this.draw();
  }

  draw() {
    const width = this.body.parentElement.clientWidth;
    if (!this.data || !width) return; // a hidden tab is painted when it is shown
    const { epochs } = this.data;
    const found = epochs.findIndex((epoch) => epoch.step === this.at);
    const index = found < 0 ? epochs.length - 1 : found;
    const epoch = epochs[index];
    this.title.textContent = title(epoch);
    this.empty.textContent = epoch ? "" : this.why();
    this.body.hidden = !epoch;
    // Whatever never comes needs no place kept for it.
    this.root.style.minHeight = epoch || this.data.live ? this.kept : "0";
    this.say(epoch ? sentence(this.data, epoch, this.measure) : []);
    if (epoch) this.paint(epoch, index, width < 640);
    this.body.dataset.paints = ++this.paints;
    this.body.dataset.epoch = epoch?.epoch ?? "";
  }

  why() {
    const { live } = this.data;
    if (live) return "The answers by kind of token come with the end of the first epoch.";
    return "This run has no epoch whose answers were counted by kind of token: it ended before the first was over, or was trained by an older hnviz. Train another.";
  }

  say(parts) {
    const nodes = parts.map((part) => {
      if (typeof part === "string") return part;
      const strong = document.createElement("b");
      strong.textContent = part[0];
      return strong;
    });
    const plain = parts.flat().join("");
    if (plain !== this.plain) this.said.replaceChildren(...nodes);
    this.plain = plain;
  }

  paint(epoch, index, narrow) {
    const { data, theme, measure } = this;
    for (const button of this.choices) button.setAttribute("aria-checked", button.textContent === measure);
    this.slider.max = data.epochs.length - 1;
    this.slider.value = index;
    this.slider.disabled = data.epochs.length < 2;
    const newest = index === data.epochs.length - 1;
    const following = newest && data.live ? ", the newest" : "";
    this.which.textContent = `${epoch.epoch + 1} of ${data.planned}, step ${epoch.step.toLocaleString("en-US")}${following}`;
    this.slider.setAttribute("aria-valuetext", this.which.textContent);
    for (const two of [this.two, this.course]) two.classList.toggle("narrow", narrow);
    const top = scaleOf(data, measure);
    this.bars.draw({ data, epoch, measure, theme, top, picked: this.picked });
    this.note.textContent = note(data, epoch);
    this.counted(epoch);
    this.lines(epoch, top);
  }

  lastStep() {
    const { epochs, planned } = this.data;
    const last = epochs.at(-1);
    return (last.step / (last.epoch + 1)) * planned;
  }

  counted(epoch) {
    const { counted, lacking } = this.data;
    const { theme } = this;
    const series = [
      { name: "to 7,999", color: theme.train, dash: "7 4", width: 2, ring: true, points: counted.map(([step, inside]) => [step, inside]) },
      { name: "8,001 on", color: theme.valid, width: 2.5, dot: true, points: counted.map(([step, , beyond]) => [step, beyond]) },
    ];
    const wait = lacking ? `counting ${lacking} snapshot${lacking === 1 ? "" : "s"}` : "";
    this.numbers.caption.textContent = "Whole next number right, after three";
    const small = make("small", "", this.numbers.caption, wait);
    small.hidden = !wait;
    plot(this.numbers.svg, {
      width: this.numbers.figure.clientWidth,
      height: 246,
      label: 66,
      x: [0, this.lastStep()],
      y: [0, 1],
      marks: true,
      now: epoch.step,
      digits: 3,
      two: true,
      series,
      theme,
      alt: alt.numbers(counted),
    });
    this.numbers.svg.dataset.points = counted.length;
  }

  lines(epoch, top) {
    const { data, theme, measure } = this;
    for (const split of ["train", "valid"]) {
      const { figure, caption, svg } = this[split];
      caption.textContent = `${measure === "loss" ? "Loss" : "Accuracy"} on ${split}, ${split === "train" ? "1 to 7,999" : "8,001 on"}`;
      const series = data.kinds.map((kind, index) => ({
        name: kind,
        ...lineOf(kind, theme),
        width: this.picked === kind ? 4 : 2,
        points: data.epochs
          .filter((each) => each[split][index][0])
          .map((each) => [each.step, each[split][index][measure === "loss" ? 2 : 1] / each[split][index][0]]),
      }));
      plot(svg, {
        width: figure.clientWidth,
        height: 230,
        label: 128,
        x: [0, this.lastStep()],
        y: [0, top],
        now: epoch.step,
        digits: 2,
        series,
        theme,
        alt: alt.course(data, epoch, split, measure),
      });
    }
  }

  destroy() {
    this.resized.disconnect();
  }
}

export const render = define({
  styles: new URL("inside.css", import.meta.url),
  create: (root) => new Inside(root),
});
