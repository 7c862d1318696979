// Starts a sweep: a card that is ready, and a form. Before the press both say how many runs and minutes.
//
// settings = { card: the body of POST /api/sweeps, question, models: their names,
//              longest: { bptt, of: { model: bptt } }, may: whether the reader may train sweeps }

import { maker } from "../../../kit/js/make.js";
import { button } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";
import { begin } from "../shared.js";
import { Estimates } from "./estimates.js";
import { NO_MODEL, planOf } from "./values.js";
import { asSentence } from "../../../kit/js/text.js";

const REST = 350; // ms after the last key until the estimate is asked for
const ESTIMATE = "api/sweeps/estimate";

class Form {
  constructor(body, kit) {
    this.kit = kit;
    this.body = body;
    this.estimates = new Estimates((plan) => kit.source.post(ESTIMATE, plan));
  }

  draw({ settings }) {
    if (this.settings) return;
    this.settings = settings;
    if (settings.may) this.build();
    else maker(this.body)("p", "note", this.body, "In a class the teacher trains sweeps; the map below shows them to everyone.");
  }

  build() {
    const { card, question, models } = this.settings;
    const make = maker(this.body);
    const all = make("div", "all", this.body);
    this.card = button(all, "", () => this.start(this.card, card), "card");
    const inCard = maker(this.card);
    inCard("b", "", this.card, card.name);
    inCard("span", "", this.card, question);
    this.cardTime = inCard("span", "time", this.card, "16 runs");
    const form = make("form", "form", all);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.train();
    };
    const chosen = make("fieldset", "models", form);
    make("legend", "", chosen, "Or your own: models");
    this.boxes = models.map((model) => this.box(make("label", "", chosen), model));
    this.missing = make("span", "missing", chosen); // no model is ticked
    this.missing.setAttribute("role", "alert");
    const row = make("div", "row", form);
    this.fields = {
      lr: this.field(row, "lr, each of", "1e-3, 1e-2, 1e-1", "list"),
      bptt: this.field(row, "bptt, each of", "3, 20, 70", "list"),
      seeds: this.field(row, "seeds", "1", "count"),
      epochs: this.field(row, "epochs", "2", "count"),
    };
    this.go = make("button", "go", row, "Train all");
    this.go.type = "submit";
    this.time = make("p", "time", form);
    this.time.setAttribute("role", "status");
    this.wrong = make("p", "wrong", this.body);
    this.wrong.setAttribute("role", "alert");
    this.estimates.want("card", card, (said) => (this.cardTime.textContent = said));
    this.change();
  }

  box(label, model) {
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", className: "check", value: model, checked: model === this.settings.card.fixed.model });
    box.onchange = () => this.change();
    label.append(box, model);
    return box;
  }

  field(row, title, value, look) {
    const make = maker(row);
    const input = make("input", look, make("label", "menu above", row, title));
    Object.assign(input, { type: "text", value, autocomplete: "off" });
    input.oninput = () => this.change();
    return input;
  }

  /** The plan that is typed; throws RangeError with a sentence. */
  plan() {
    const typed = Object.fromEntries(Object.entries(this.fields).map(([name, field]) => [name, field.value]));
    return planOf({ ...typed, models: this.boxes.filter(({ checked }) => checked).map(({ value }) => value) }, this.settings.longest);
  }

  /** Something else is typed: say what it would take. */
  change() {
    clearTimeout(this.timer);
    this.wrong.textContent = "";
    this.estimates.drop("form"); // an answer for what was typed before comes too late
    this.missing.textContent = this.boxes.some(({ checked }) => checked) ? "" : NO_MODEL;
    this.timer = setTimeout(() => {
      try {
        this.estimates.want("form", this.plan(), (said) => (this.time.textContent = said));
      } catch (error) {
        this.time.textContent = this.missing.textContent ? "" : error.message;
      }
    }, REST);
  }

  train() {
    try {
      this.start(this.go, this.plan());
    } catch (error) {
      if (this.missing.textContent) this.boxes[0].focus();
      else this.wrong.textContent = error.message;
    }
  }

  async start(pressed, plan) {
    this.wrong.textContent = "";
    pressed.disabled = true;
    try {
      const { sweep } = await this.kit.source.post("api/sweeps", plan);
      begin(sweep, this);
    } catch (error) {
      this.wrong.textContent = asSentence(error.message);
    }
    pressed.disabled = false;
  }

  destroy() {
    clearTimeout(this.timer);
    this.estimates.end();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  keeps: true,
  create: (body, kit) => new Form(body, kit),
});
