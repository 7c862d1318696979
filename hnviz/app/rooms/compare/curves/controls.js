// The settings of the picture: what is shown, across what, and how.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { menu } from "../../../kit/js/parts.js";
import { AXES, MEASURES } from "./series.js";

const MEASURE = "compare_show";
const KIND = "compare_kind";
const AXIS = "compare_across";
const SMOOTH = "compare_smooth";
const LOG_UP = "compare_log_up";
const LOG_ACROSS = "compare_log_across";
const SEEDS = "compare_seeds";
const NOTEBOOK = "compare_notebook";
const SMOOTHED = 0.9; // at first
const LEVELS = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99];
const TRUTH = ["true", "false"];

export class Controls {
  /** `change` is called after each choice. */
  constructor(parent, kit, kinds, change) {
    const { asked } = kit;
    this.look = {
      measure: asked.choice(MEASURE, Object.keys(MEASURES), "accuracy on valid"),
      kind: asked.choice(KIND, kinds, "ones"),
      axis: asked.choice(AXIS, AXES, "step"),
      smooth: Number(asked.choice(SMOOTH, LEVELS.map(String), String(SMOOTHED))),
      logY: asked.choice(LOG_UP, TRUTH, "false") === "true",
      logX: asked.choice(LOG_ACROSS, TRUTH, "false") === "true",
      bands: asked.choice(SEEDS, TRUTH, "true") === "true",
      notebook: asked.choice(NOTEBOOK, TRUTH, "false") === "true",
    };
    this.change = change;
    const make = maker(parent);
    const row = make("div", "controls", parent);
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "What is shown");
    this.select(row, "Show", Object.keys(MEASURES), MEASURE, "measure");
    this.kind = this.select(row, "of", kinds, KIND, "kind");
    this.select(row, "by", AXES, AXIS, "axis");
    this.smooth = this.slider(make("label", "smooth", row, "Smoothing"));
    const boxes = make("div", "boxes", parent);
    this.box(boxes, "logY", LOG_UP, "Log up");
    this.box(boxes, "logX", LOG_ACROSS, "Log across");
    this.box(boxes, "bands", SEEDS, "Seeds as a band");
    this.box(boxes, "notebook", NOTEBOOK, "The notebook's figures");
    this.show();
  }

  select(row, title, options, key, name) {
    const select = menu(row, title);
    const standard = options.includes(this.look[name]) ? options[0] : null;
    for (const option of options) {
      const made = document.createElement("option");
      made.textContent = option;
      select.append(made);
    }
    select.value = this.look[name];
    select.onchange = () => {
      this.look[name] = select.value;
      putInAddress(key, select.value === standard && name !== "kind" ? null : select.value);
      this.show();
      this.change();
    };
    return select.parentElement;
  }

  slider(label) {
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: LEVELS.length - 1, value: LEVELS.indexOf(this.look.smooth) });
    const said = document.createElement("output");
    label.append(slider, said);
    const tell = () => {
      said.textContent = this.look.smooth ? String(this.look.smooth) : "none";
      slider.setAttribute("aria-valuetext", said.textContent);
    };
    slider.oninput = () => {
      this.look.smooth = LEVELS[Number(slider.value)];
      tell();
      this.change();
    };
    slider.onchange = () => putInAddress(SMOOTH, this.look.smooth === SMOOTHED ? null : this.look.smooth);
    tell();
    return label;
  }

  box(parent, name, key, title) {
    const standard = name === "bands"; // the only one that is on at first
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", className: "check" });
    box.checked = this.look[name];
    box.onchange = () => {
      this.look[name] = box.checked;
      putInAddress(key, box.checked === standard ? null : String(box.checked));
      this.change();
    };
    label.append(box, title);
    parent.append(label);
    this[name] = label;
  }

  /** Show the controls that mean something for what is shown. */
  show() {
    const { smooth, column, notebook } = MEASURES[this.look.measure];
    this.kind.hidden = column !== "kind";
    this.smooth.classList.toggle("off", !smooth);
    this.smooth.querySelector("input").disabled = !smooth;
    this.notebook.querySelector("input").disabled = notebook === undefined;
  }
}
