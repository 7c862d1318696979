// @ts-check
// The parts that controls are made of; parts.css has their look.

import { maker } from "./make.js";
import { asSentence } from "./text.js";

export const SHAPES = { Play: "M1 0L11 5.5L1 11Z", Pause: "M1 0H4.4V11H1ZM6.6 0H10V11H6.6Z" };

/**
 * Add a select behind its name, or below it, and return it.
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {{ above?: boolean, help?: string }} look
 */
export function menu(parent, name, { above = false, help = "" } = {}) {
  const label = document.createElement("label");
  label.className = above ? "menu above" : "menu";
  label.title = help;
  const select = document.createElement("select");
  label.append(name, select);
  parent.append(label);
  return select;
}

/**
 * Add a button and return it.
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {(event: MouseEvent) => void} press
 * @param {string} look its class
 */
export function button(parent, name, press, look = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = name;
  made.onclick = press;
  parent.append(made);
  return made;
}

/** A row of choices, of which one is chosen, or none. */
export class Choices {
  /**
   * @param {HTMLElement} parent
   * @param {string} name for screen readers
   * @param {string[]} choices
   * @param {(choice: string) => void} choose
   */
  constructor(parent, name, choices, choose) {
    const row = document.createElement("div");
    row.className = "choices-row";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", name);
    this.buttons = choices.map((choice) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = choice;
      button.onclick = () => choose(choice);
      return button;
    });
    row.append(...this.buttons);
    parent.append(row);
  }

  /** @param {string|null} chosen */
  show(chosen) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.textContent === chosen));
  }
}

/** The button that plays and pauses. */
export class PlayButton {
  /**
   * @param {HTMLElement} parent
   * @param {(() => void)|null} press
   * @param {string} what it plays, where the page has another Play: the button shows a symbol, and a screen reader says both
   */
  constructor(parent, press = null, what = "") {
    this.what = what;
    this.element = document.createElement("button");
    this.element.type = "button";
    this.element.className = what ? "play symbol" : "play";
    this.element.onclick = press;
    parent.append(this.element);
    /** @type {"Play"|"Pause"|""} */
    this.name = "";
    this.show(false);
  }

  /** @param {boolean} playing */
  show(playing) {
    const name = playing ? "Pause" : "Play"; // also what a screen reader says
    if (name === this.name) return; // a play shows 30 pictures a second
    this.name = name;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 11 11");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", SHAPES[name]);
    svg.append(path);
    this.element.replaceChildren(svg, this.what ? "" : name);
    if (this.what) this.element.setAttribute("aria-label", `${name} ${this.what}`);
  }
}

/**
 * Return a select of words.
 * @param {string[]} options
 */
export function selectOf(options) {
  const select = document.createElement("select");
  select.append(...options.map((each) => new Option(each)));
  return select;
}

/** Return a box to switch something on and off. */
export function switchBox() {
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", className: "switch" });
  box.setAttribute("role", "switch");
  return box;
}

/**
 * Return a box for a number; the arrow keys change a whole one by 1.
 * @param {boolean} whole
 */
export function numberBox(whole) {
  const box = document.createElement("input");
  Object.assign(box, { type: "number", className: "number", step: whole ? "1" : "any", inputMode: whole ? "numeric" : "decimal", autocomplete: "off" });
  if (!whole) box.onkeydown = (event) => void (STEPS.includes(event.key) && event.preventDefault()); // by 1, too
  box.addEventListener("wheel", () => box.blur(), { passive: true }); // which scrolls the page, and nothing else
  return box;
}

const STEPS = ["ArrowUp", "ArrowDown"];
let serial = 0; // of ids, which are needed once in a document

/**
 * Say that what is typed in a box is no number, and what is used.
 * @param {string} name "bs, rows"
 * @param {string} used "" for none
 */
export const noNumber = (name, used) => `${name.split(",")[0]} must be a number${used && `; ${used} is used`}.`;

/**
 * Add the name of a control, and a mark that explains it.
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {HTMLElement|undefined} control which the name labels
 * @param {string} help
 */
export function heading(parent, name, control, help) {
  const make = maker(parent);
  const head = make("div", "field-name");
  const label = /** @type {HTMLLabelElement} */ (make(control ? "label" : "span", "", head, name));
  if (control) label.htmlFor = control.id = `hnviz-field-${(serial += 1)}`;
  if (help) hint(head, name, help);
}

/**
 * Return a function that sets a control. The same text again changes nothing: what is being typed stays.
 * @param {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} control
 */
export function setter(control) {
  /** @type {string|null} */
  let last = null;
  control.addEventListener("change", () => (last = null));
  return (/** @type {string} */ text) => {
    if (text === last) return;
    last = text;
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = text === "true";
    else control.value = text;
  };
}

/** A control with its name above it, a mark that explains it, and below it what is wrong with it. */
export class Field {
  /**
   * @param {HTMLElement} parent
   * @param {string} name
   * @param {HTMLInputElement|HTMLSelectElement} control
   * @param {string} help
   */
  constructor(parent, name, control, help = "") {
    const make = maker(parent);
    const element = make("div", "field");
    heading(element, name, control, help);
    element.append(control.type === "number" && control.step === "1" ? stepped(control, name) : control);
    this.control = control;
    this.wrong = make("p", "field-wrong", element);
    this.wrong.id = `${control.id}-wrong`;
    this.wrong.hidden = true;
    this.wrong.setAttribute("role", "alert");
    this.set = setter(control);
  }

  /**
   * @param {string} text "true" or "false" for a switch
   * @param {boolean} isUnused
   */
  show(text, isUnused = false) {
    this.control.disabled = isUnused;
    this.set(text);
  }

  /**
   * @param {string} sentence "" if nothing is wrong
   * @param {boolean} isWrong whether the value is wrong, and not only what the address asks for
   */
  say(sentence, isWrong = Boolean(sentence)) {
    this.control.ariaInvalid = String(isWrong);
    const said = asSentence(sentence);
    if (said === this.wrong.textContent) return;
    this.wrong.textContent = said;
    this.wrong.hidden = !sentence;
    if (sentence) this.control.setAttribute("aria-describedby", this.wrong.id);
    else this.control.removeAttribute("aria-describedby");
  }
}

/**
 * A box for a whole number with buttons that change it by 1; the keyboard has the arrow keys.
 * @param {HTMLInputElement} box
 * @param {string} name
 */
export function stepped(box, name) {
  const steps = document.createElement("div");
  steps.className = "steps";
  steps.append(box);
  for (const [sign, by] of /** @type {[string, number][]} */ ([["−", -1], ["+", 1]])) {
    const step = button(steps, sign, () => {
      box.stepUp(by);
      box.dispatchEvent(new Event("change"));
    });
    step.tabIndex = -1;
    step.ariaLabel = `${name}: one ${by > 0 ? "more" : "less"}`;
  }
  return steps;
}

/**
 * Add a mark that explains something while it is pointed at, focused or pressed.
 * @param {HTMLElement} parent
 * @param {string} name of what is explained
 * @param {string} text
 */
export function hint(parent, name, text) {
  const make = maker(parent);
  const mark = button(parent, "?", () => show(), "help-mark");
  const tip = make("div", "help-tip", parent, text);
  tip.id = `hnviz-tip-${(serial += 1)}`;
  tip.popover = "manual";
  tip.setAttribute("role", "tooltip");
  mark.setAttribute("aria-label", `Help for ${name}`);
  mark.setAttribute("aria-describedby", tip.id);
  const place = () => {
    const zoom = /** @type {any} */ (tip).currentCSSZoom ?? 1; // present mode
    const [at, box] = [mark.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = Math.max(EDGE, Math.min(at.left + at.width / 2 - box.width / 2, innerWidth - box.width - EDGE));
    const top = at.top - EDGE - box.height < EDGE ? at.bottom + EDGE : at.top - EDGE - box.height;
    Object.assign(tip.style, { left: `${left / zoom}px`, top: `${top / zoom}px` });
  };
  const show = () => {
    tip.showPopover();
    place();
    addEventListener("scroll", place, SCROLL);
  };
  const hide = () => {
    removeEventListener("scroll", place, SCROLL);
    tip.hidePopover();
  };
  mark.onpointerenter = mark.onfocus = show;
  mark.onpointerleave = mark.onblur = hide;
  mark.onkeydown = (event) => void (event.key === "Escape" && hide());
}

const SCROLL = { capture: true, passive: true }; // of whatever scrolls around the mark
const EDGE = 8; // px between an explanation and what it explains, or the window's edge
