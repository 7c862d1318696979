// The lanes. Each is a button: a press on one hides the others' drawings, and says what it shows.
//
// The answer has an array for each lane, as lanes/picture.py says. Another lane needs no request; a loss at every step
// does.

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { onMark, shared } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { Ahead } from "../ahead.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { legend, NARROW, Passes, WIDE } from "./scissors.js";
import { passesNote } from "./words.js";

const PHONE = 640; // px
const LANE = "time_between"; // in the address
const LOSS = "time_loss";
const BATCH = "time_batch";
const LANES = ["detach", "keep", "untrained", "reset"];
const LAST = "last step";
const EVERY = "all steps";

/** Gradients, by lane. */
const passesOf = ({ meta, arrays }) => new Passes(meta, Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data])));

class Lanes {
  constructor(body, kit) {
    this.kit = kit;
    this.ahead = new Ahead(kit);
    const make = maker(body);
    this.said = make("p", "hnviz-lanes-said");
    this.said.setAttribute("aria-live", "polite");
    const top = make("div", "hnviz-lanes-row");
    const loss = make("label", "", top);
    this.every = make("input", "", loss);
    this.every.type = "checkbox";
    loss.append("A loss at every step");
    this.every.checked = kit.asked.choice(LOSS, [LAST, EVERY], LAST) === EVERY;
    this.every.onchange = () => this.askAgain();
    this.head = make("div", "drawn", top);
    this.host = make("div", "lanes");
    this.legend = make("div", "");
    this.error = make("div", "hnviz-lanes-error");
    make("p", "", this.error, "Nothing can be freed before the third mini-batch is done, so PyTorch holds up to three times as much memory as with detach.");
    make("p", "", this.error, "Without detach and without retain_graph=True, each backward pass enters a graph that the last one has freed. Tried here, PyTorch answered:");
    this.torch = make("pre", "", this.error);
    const measured = make("details", "hnviz-fold");
    make("summary", "", measured, "How this was measured");
    this.note = make("p", "hnviz-note", measured);
    this.chosen = kit.asked.choice(LANE, LANES, "");
    this.buttons = new Map();
    this.leave = onMark(BATCH, this, () => kit.ask()); // the headline chooses it
  }

  get first() {
    const { settings, state } = this.kit.data;
    return shared(this.kit, state.batch) - settings.before;
  }

  params(name) {
    return name === "lanes" ? { first: this.first, every: this.every.checked } : {};
  }

  askAgain() {
    putInAddress(LOSS, this.every.checked ? EVERY : null);
    this.ahead.end();
    this.kit.ask();
  }

  draw({ answers, settings, theme }) {
    const { lanes, second_backward: second } = answers;
    if (!lanes) return;
    const passes = passesOf(lanes);
    const { every } = passes.meta;
    this.sentences = passes.sentences;
    this.second = second?.meta.error ?? "";
    this.settings = settings;
    const width = (this.kit.width || this.host.clientWidth) < PHONE ? NARROW : WIDE;
    const nearest = passes.ordered.map((id) => [passes.names(id)[0], passes.lanes[id].at(-1)]);
    this.note.textContent = passesNote(passes.meta, Object.fromEntries(nearest));
    // All but the gradients is the same at each training step, and drawn once.
    const still = JSON.stringify([width, passes.ordered, { ...passes.meta, loss: null }]);
    if (still === this.still && theme === this.theme) this.move(passes, theme, width);
    else {
      this.head.innerHTML = passes.head(theme, width);
      this.legend.innerHTML = legend(theme, every);
      this.offer(passes);
      for (const id of passes.ordered) {
        const lane = this.buttons.get(id);
        lane.drawn.innerHTML = passes.lane(id, theme, width);
        lane.gradient = "";
      }
    }
    Object.assign(this, { still, theme });
    this.show();
    this.ahead.begin(() => this.next());
    // Torch's error is below the lane: what comes after it would move if the error came later.
    if (this.chosen === "keep" && !second) this.kit.expect(Promise.resolve().then(() => this.kit.asking.whole()), "PyTorch's answer");
  }

  /** Draw the gradients of another training step. */
  move(passes, theme, width) {
    for (const id of passes.ordered) {
      const lane = this.buttons.get(id);
      const gradient = passes.gradient(id, theme, width);
      if (gradient === lane.gradient) continue; // that of the untrained network
      lane.gradient = gradient;
      const svg = lane.drawn.firstElementChild;
      svg.querySelector(".gradient").innerHTML = gradient;
      svg.querySelector("desc").textContent = passes.told(id);
      svg.setAttribute("aria-label", `${passes.names(id)[0]}. ${passes.told(id)}`);
    }
  }

  /** Make a button for each lane. */
  offer(passes) {
    const lanes = passes.ordered.map((id) => [id, ...passes.names(id)]);
    const names = lanes.join();
    if (names === this.offered) return;
    this.offered = names;
    this.host.replaceChildren();
    this.buttons.clear();
    const make = maker(this.host);
    for (const [id, name, why] of lanes) {
      const button = make("button", "hnviz-lanes-row hnviz-drawn");
      button.type = "button";
      const said = make("span", "", button);
      make("b", "", said, name);
      make("span", "why", said, why);
      this.buttons.set(id, { button, drawn: make("span", "drawn", button) });
      button.onclick = () => this.choose(id === this.chosen ? "" : id);
    }
  }

  choose(id) {
    this.chosen = id;
    putInAddress(LANE, id || null);
    this.show();
  }

  show() {
    const { sentences } = this;
    const chosen = this.buttons.has(this.chosen) ? this.chosen : "";
    this.host.classList.toggle("one", Boolean(chosen));
    for (const [id, { button }] of this.buttons) button.setAttribute("aria-pressed", id === chosen);
    const said = sentences[chosen];
    if (said !== this.sentence) this.said.replaceChildren(...boldNodes(said));
    this.sentence = said;
    this.error.hidden = chosen !== "keep" || !this.second;
    if (this.torch.textContent !== this.second) this.torch.textContent = this.second;
  }

  /** What the next press may ask for. */
  async next() {
    const [ask] = this.kit.data.asks;
    const every = this.every.checked;
    const other = new URL(this.kit.questions.address(ask, this.kit.timeline.step));
    other.searchParams.set("every", String(!every));
    const { steps } = this.kit.timeline;
    const ends = [steps[0], steps.at(-1)].map((step) => this.kit.questions.address(ask, step));
    return [...ends, other.href, ...(await this.ahead.ofOthers(ask, this.settings.models, { first: this.first, every }))];
  }

  destroy() {
    this.leave();
    this.ahead.end();
  }
}

/** The norms, a row for each step of the three mini-batches. */
function table({ answers: { lanes } }) {
  if (!lanes) return [];
  const passes = passesOf(lanes);
  const { batches, bptt } = passes.meta;
  const named = passes.ordered.map((id) => ({ title: passes.names(id)[0], unit: "norm" }));
  const rows = Array.from({ length: batches.length * bptt }, (_, at) => [
    batches[Math.floor(at / bptt)],
    at % bptt,
    ...passes.ordered.map((id) => passes.lanes[id][at]),
  ]);
  return [listed("The gradient of the loss by the state", [...heads("mini-batch", "step"), ...named], rows)];
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Lanes(body, kit),
});
