// The lanes, and three choices that change only what the browser draws or asks for.
//
// meta = { wide, narrow, sentences, legend, note }: `wide` and `narrow` hold a drawing for each way
// between mini-batches, so that a switch needs no request.

import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { Ahead } from "../ahead.js";
import { Choice } from "./choice.js";

const NARROW = 640; // px
const WAYS = { reset: "reset", "keep, detach": "detach", keep: "keep" };
const LOSSES = { "last step": false, "all steps": true };

class Lanes {
  constructor(body, kit) {
    this.kit = kit;
    this.ahead = new Ahead(kit);
    const make = maker(body);
    const bar = make("div", "hnviz-lanes-bar");
    this.way = new Choice(bar, { label: "Between mini-batches", key: "time_between", names: Object.keys(WAYS), asked: kit.asked, first: "keep, detach", pick: () => this.show() });
    this.none = make("div", "hnviz-choice", bar);
    make("span", "label", this.none, "Between mini-batches");
    this.why = make("span", "why", this.none);
    this.loss = new Choice(bar, { label: "Loss", key: "time_loss", names: Object.keys(LOSSES), asked: kit.asked, first: "last step", pick: () => this.askAgain() });
    this.weights = new Choice(bar, { label: "Weights", names: ["untrained", "trained"], pick: (name) => this.go(name) });
    this.host = make("div", "lanes");
    this.legend = make("div", "");
    this.said = make("p", "hnviz-lanes-said");
    this.said.setAttribute("aria-live", "polite");
    this.error = make("div", "hnviz-lanes-error");
    make("p", "", this.error, "Without detach and without retain_graph=True, each backward pass enters a graph that the last one has freed. Tried here, PyTorch answered:");
    this.torch = make("pre", "", this.error);
    const measured = make("details", "hnviz-lanes-measured");
    make("summary", "", measured, "How this was measured");
    this.note = make("p", "hnviz-note", measured);
  }

  params(name) {
    return name === "lanes" ? { every: LOSSES[this.loss.chosen] } : {};
  }

  askAgain() {
    this.ahead.end();
    this.kit.ask();
  }

  draw({ answers, settings }) {
    const { lanes, second_backward: second } = answers;
    this.meta = lanes.meta;
    this.second = second?.meta.error ?? "";
    this.settings = settings;
    this.show();
    this.ahead.begin(() => this.next());
  }

  show() {
    if (!this.meta) return;
    const { sentences, wide, narrow, legend, note } = this.meta;
    const carries = "keep" in sentences;
    this.way.box.hidden = !carries;
    this.none.hidden = carries;
    this.why.textContent = `reset: ${this.settings.model} carries no state`;
    this.showWeights();
    const way = carries ? WAYS[this.way.chosen] : "reset";
    const drawing = (this.host.clientWidth < NARROW ? narrow : wide)[way];
    // Both are hnviz.figures' own SVG and HTML.
    if (drawing !== this.shown) this.host.innerHTML = drawing;
    if (legend !== this.key) this.legend.innerHTML = legend;
    [this.shown, this.key] = [drawing, legend];
    this.said.replaceChildren(...boldNodes(sentences[way]));
    this.error.hidden = way !== "keep" || !this.second;
    this.torch.textContent = this.second;
    this.note.textContent = note;
  }

  /** The buttons are shortcuts to the first and the last snapshot of the slider. */
  showWeights() {
    const { steps, step, moves } = this.kit.timeline;
    this.weights.box.hidden = moves || steps.length < 2;
    const first = steps[0] === 0 ? "untrained" : "first";
    this.weights.offer([first, "trained"]);
    this.weights.show(step === steps[0] ? first : step === steps.at(-1) ? "trained" : null);
  }

  go(name) {
    const { timeline } = this.kit;
    timeline.pause();
    timeline.show(name === "trained" ? timeline.steps.at(-1) : timeline.steps[0]);
  }

  /** What the next press may ask for. */
  async next() {
    const [ask] = this.kit.data.asks;
    const every = LOSSES[this.loss.chosen];
    const other = new URL(this.kit.questions.address(ask, this.kit.timeline.step));
    other.searchParams.set("every", String(!every));
    const { steps } = this.kit.timeline;
    const ends = [steps[0], steps.at(-1)].map((step) => this.kit.questions.address(ask, step));
    return [...ends, other.href, ...(await this.ahead.ofOthers(ask, this.settings.models, { every }))];
  }

  destroy() {
    this.ahead.end();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  create: (body, kit) => new Lanes(body, kit),
});
