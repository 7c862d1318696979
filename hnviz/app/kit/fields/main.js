// @ts-check
// A row of controls. It shows a change at once, writes it into the address and reports it. Python then says what is
// wrong with it, in a sentence below the row.
//
// settings = { fields: the controls, in order, known: name -> the text that Python read, null for none,
//              given: name -> the text of its value; of an area's text that was reported, `known` has the length alone.
//              wrong: name -> sentence, remarks: name -> sentence,
//              heard: the serial number of the last report that Python has read, put: { id, texts }: what Python sets,
//              again: areas whose stored text the server no longer has, fold: what a reader opens to see the controls,
//              device: of a row whose button trains, for a student of a class }

import { inAddress, putInAddress, putOwnInAddress } from "../js/address.js";
import { maker } from "../js/make.js";
import { button, Choices, heading, noNumber, numberBox, selectOf, setter, stepped, switchBox } from "../js/parts.js";
import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";
import { onVisit } from "../js/visits.js";
import { OwnText, textArea } from "./area.js";
import { lines } from "./lines.js";

/**
 * @typedef {"choices"|"menu"|"whole"|"real"|"text"|"area"|"switch"|"slider"|"lines"|"button"} Kind
 * @typedef {{ name: string, label: string, kind: Kind, first: string, width: number|string, options?: string[],
 *             shown?: string[], beside?: number, ends?: [number, number], step?: number, longest?: number, linked?: number, file?: number, help?: string, bare?: boolean,
 *             empty?: string, strong?: boolean, off?: boolean, free?: string[], leads?: Record<string, string>, places?: string[] }} Field as hnviz/app/kit/fields/field.py sends it
 * @typedef {Record<string, string|null>} Texts of the address, null where it has none
 * @typedef {{ fields: Field[], known: Record<string, string|number|null>, given: Record<string, string>, heard: number, again?: string[],
 *             wrong: Record<string, string>, remarks?: Record<string, string>, put?: { id: number, texts: Texts }, fold?: string, device?: Device }} Settings
 * @typedef {{ module: string, orders: import("../class/device.js").Order[] }} Device
 *   module: the address of ../class/device.js, orders: what Python has asked the student's own device to train
 * @typedef {{ element: HTMLElement, show: (text: string) => unknown, focus?: HTMLElement, below?: HTMLElement, again?: () => boolean }} Made
 * @typedef {Made & { said: string }} Control `below` has its sentences, `again` sends its text again
 */

const SOON = 300; // ms in which Python reads a new address

/** @type {Texts} what rows took out of the address when they left the page: Python may have read it before */
const taken = {};

class Fields {
  /**
   * @param {HTMLElement} body
   * @param {import("../js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.fold = make("details", "hnviz-fold");
    this.fold.hidden = true;
    this.summary = make("summary", "", this.fold);
    this.row = make("div", "row");
    this.below = make("div", "below");
    this.own = make("div", "");
    /** @type {import("../class/device.js").Shown|null} */
    this.shown = null;
    /** @type {Map<string, Control>} */
    this.controls = new Map();
    /** @type {Texts} */
    this.texts = {};
    /** @type {Set<string>} names of controls that have left the row */
    this.gone = new Set();
    /** @type {Map<string, string>} name -> why the browser or the server refused its text */
    this.refusals = new Map();
    /** @type {Set<string>} names of controls in which the reader types: nothing is said about the text before */
    this.typed = new Set();
    /** @type {Settings|null} */
    this.settings = null;
    this.sent = 0; // the serial number of the last report
    this.put = 0; // the id of what Python set last
    const page = location.pathname;
    this.leave = onVisit(() => location.pathname === page && this.visit());
  }

  /** @param {{ settings: Settings }} drawing */
  draw({ settings }) {
    if (settings === this.settings) return;
    this.settings = settings;
    if (this.sent <= settings.heard) this.typed.clear();
    const names = settings.fields.map(({ name }) => name);
    for (const name of names) if (!(name in this.texts)) this.texts[name] = inAddress(name) ?? this.comeBack(name);
    for (const name of this.controls.keys()) {
      if (names.includes(name)) continue;
      this.gone.add(name);
      if (inAddress(name) !== null) putInAddress(name, null);
    }
    for (const name of names) if (this.gone.delete(name)) putOwnInAddress(name, this.linked(name, this.texts[name]));
    const { put } = settings;
    if (settings.fold) this.hide(settings.fold);
    if (settings.device) void this.train(settings.device);
    const isNew = put && put.id !== this.put;
    if (isNew) {
      this.put = put.id;
      this.write(put.texts);
    }
    this.build();
    this.show();
    for (const name of settings.again ?? []) if (this.controls.get(name)?.again?.()) delete settings.wrong[name];
    this.say();
    if (isNew || (this.sent <= settings.heard && this.isOther())) this.report();
  }

  /** @param {string} name what a reader opens to see the controls */
  hide(name) {
    this.summary.textContent = name;
    this.fold.hidden = false;
    if (!this.fold.contains(this.row)) this.fold.append(this.row);
  }

  /** Have a student's own device train. @param {Device} device */
  async train({ module, orders }) {
    const { Shown } = await import(new URL(module, this.kit.home).href);
    const shown = (this.shown ??= new Shown(this.own, this.kit));
    for (const order of orders) void shown?.add(order);
  }

  /** The whole address has changed. Streamlit then draws the page again, and Python most often needs no report. */
  visit() {
    for (const [name, text] of Object.entries(this.texts)) {
      const there = inAddress(name);
      if (there !== null || this.linked(name, text) !== null) this.texts[name] = there;
    }
    setTimeout(() => this.isOther() && this.report(), SOON);
  }

  /** Whether Python has read other texts than those of the row. */
  isOther() {
    const { fields } = /** @type {Settings} */ (this.settings);
    return this.row.isConnected && fields.some(({ name }) => !this.isKnown(name, this.texts[name]));
  }

  /**
   * Whether Python has read this text; of a control that it does not name, it reads none.
   * @param {string} name
   * @param {string|null} text
   */
  isKnown(name, text) {
    const { known } = /** @type {Settings} */ (this.settings);
    return !(name in known) || known[name] === (typeof known[name] === "number" ? [...(text ?? "")].length : text);
  }

  /**
   * Return what an earlier row took out of the address after Python had read it; null for nothing.
   * @param {string} name
   */
  comeBack(name) {
    const text = taken[name] ?? null;
    if (text === null || !this.isKnown(name, text)) return null;
    putOwnInAddress(name, this.linked(name, text));
    return text;
  }

  /** @param {string} name */
  field(name) {
    return this.settings?.fields.find((each) => each.name === name);
  }

  /**
   * What the address keeps of a text: nothing where it is too long for a link.
   * @param {string} name
   * @param {string|null} text
   */
  linked(name, text) {
    const { kind, linked = 0 } = this.field(name) ?? {};
    return kind === "area" && text && text.length > linked ? null : text;
  }

  /** @param {Texts} texts */
  write(texts) {
    for (const [name, text] of Object.entries(texts)) {
      this.texts[name] = text === this.field(name)?.first ? null : text;
      putOwnInAddress(name, this.linked(name, this.texts[name]));
    }
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  change(name, text) {
    this.refusals.delete(name);
    this.write({ [name]: text });
    this.report();
    this.show();
  }

  report() {
    this.kit.report("given", this.texts);
    this.sent = this.kit.serial;
  }

  // --- Drawing --------------------------------------------------------------------------------------

  /** Make the new controls; one with the same choices stays, with the text that is typed in it. */
  build() {
    const { fields } = /** @type {Settings} */ (this.settings);
    const said = new Map(fields.map((field) => [field.name, JSON.stringify({ ...field, first: "" })]));
    for (const [name, { element, said: before }] of [...this.controls]) {
      if (said.get(name) === before) continue;
      element.remove();
      this.controls.delete(name);
    }
    fields.forEach((field, at) => {
      let control = this.controls.get(field.name);
      if (!control) {
        control = { ...this.make(field), said: said.get(field.name) ?? "" };
        this.controls.set(field.name, control);
      }
      if (this.row.children[at] !== control.element) this.row.insertBefore(control.element, this.row.children[at] ?? null);
    });
  }

  /** @param {Field} field */
  make(field) {
    const { name, label, help = "", width, bare = false, off = false, kind } = field;
    const element = document.createElement("div");
    element.className = "field";
    element.dataset.field = name;
    element.oninput = () => this.type(name);
    element.addEventListener("focusout", () => this.stop(name));
    if (typeof width === "number") element.style.width = `${width}px`;
    else element.classList.add(width);
    element.classList.toggle("own", Boolean(field.file));
    if (kind === "button") return { element, ...this.press(element, field) };
    const made = this.box(field);
    if (bare) made.focus?.setAttribute("aria-label", label);
    else heading(element, label, made.focus, help);
    element.append(made.element);
    for (const each of element.querySelectorAll("input, select, textarea, button:not(.help-mark)")) each.toggleAttribute("disabled", off);
    return { ...made, element, show: (/** @type {string} */ text) => made.show(text), again: () => made.again?.() ?? false };
  }

  /**
   * @param {HTMLElement} parent
   * @param {Field} field
   */
  press(parent, { name, label, help = "", strong, off = false }) {
    const made = button(parent, label, () => this.kit.report("pressed", name), strong ? "press strong" : "press");
    made.title = help;
    made.disabled = off;
    return { show: () => {}, focus: made };
  }

  /**
   * Make the control itself.
   * @param {Field} field
   * @returns {Made}
   */
  box(field) {
    const { name, label, kind, options = [], shown = [], ends, longest, file, empty = "" } = field;
    const change = (/** @type {string} */ text) => this.change(name, text);
    const again = () => {
      this.refuse(name, ""); // the server has the text now
      this.report();
    };
    if (file) return new OwnText(field, this.kit.source, { use: change, refuse: (sentence) => this.refuse(name, sentence), again });
    const named = shown.length ? shown : options;
    if (kind === "choices") return choices(field, named, change);
    if (kind === "slider") return slider(field, change);
    if (kind === "lines") return lines(field, change);
    const box = kind === "menu" ? selectOf([]) : kind === "switch" ? switchBox() : kind === "area" ? textArea() : kind === "text" ? textBox() : numberBox(kind === "whole");
    if (box instanceof HTMLSelectElement) box.append(...(empty ? [new Option(empty, "", true)] : []), ...options.map((each, at) => new Option(named[at], each)));
    else {
      if (empty) box.placeholder = empty;
      if (longest) box.maxLength = longest;
      if (ends && box instanceof HTMLInputElement) [box.min, box.max] = ends.map(String);
    }
    const show = setter(box);
    box.onchange = () => {
      if (box instanceof HTMLInputElement && box.validity.badInput) {
        this.typed.delete(name);
        return this.complain(name, noNumber(label, this.texts[name] ?? field.first));
      }
      if (kind === "area" && box.value === (this.texts[name] ?? this.field(name)?.first)) return; // Ctrl+Enter came before
      change(kind === "switch" ? String(/** @type {HTMLInputElement} */ (box).checked) : box.value || (["text", "area"].includes(kind) ? "" : field.first));
    };
    return { element: kind === "whole" ? stepped(/** @type {HTMLInputElement} */ (box), label) : box, show, focus: box };
  }

  show() {
    const { fields, given, heard } = /** @type {Settings} */ (this.settings);
    const isOld = this.sent > heard; // Python has not read the last change
    for (const { name, first } of fields) {
      this.controls.get(name)?.show(isOld || !(name in given) ? (this.texts[name] ?? first) : given[name]);
    }
  }

  say() {
    const { fields, wrong, remarks = {} } = /** @type {Settings} */ (this.settings);
    this.below.replaceChildren();
    for (const { name } of fields) {
      const [refused, place] = [this.refusals.get(name), this.place(name)];
      this.complain(name, this.typed.has(name) ? "" : (refused ?? wrong[name] ?? ""), !refused);
      place.querySelector(`[data-about="${name}"]`)?.remove();
      if (remarks[name]) maker(place)("p", "remark", place, remarks[name]).dataset.about = name;
    }
  }

  /** The reader types: hide what is wrong with the text before. @param {string} name */
  type(name) {
    if (this.typed.has(name)) return;
    this.typed.add(name);
    this.complain(name, "");
  }

  /** The reader leaves a control: if its text is the same as before, say again what is wrong with it. @param {string} name */
  stop(name) {
    const isHeard = this.settings && this.sent <= this.settings.heard;
    if (isHeard && this.typed.delete(name)) this.say();
  }

  /** Where the sentences about a control are. @param {string} name */
  place(name) {
    return this.controls.get(name)?.below ?? this.below;
  }

  /**
   * @param {string} name
   * @param {string} sentence why its text was refused; "" for nothing
   */
  refuse(name, sentence) {
    this.typed.delete(name);
    if (sentence) this.refusals.set(name, sentence);
    else this.refusals.delete(name);
    this.say();
  }

  /**
   * @param {string} name
   * @param {string} sentence "" if nothing is wrong
   * @param {boolean} isWrong whether it is about what the control holds, and not about a file that was refused
   */
  complain(name, sentence, isWrong = true) {
    const control = this.controls.get(name)?.focus;
    if (control) control.ariaInvalid = String(Boolean(sentence) && isWrong);
    const place = this.place(name);
    place.querySelector(`[data-of="${name}"]`)?.remove();
    control?.removeAttribute("aria-describedby");
    if (!sentence) return;
    const line = maker(place)("p", "field-wrong", place, sentence);
    line.dataset.of = name;
    line.setAttribute("role", "alert");
    line.id = `${name}-wrong`; // a row of choices has no control of its own
    control?.setAttribute("aria-describedby", line.id);
  }

  /** A row with the reader's own text leaves the page: a link to what is there now does not contain it. */
  destroy() {
    this.leave();
    this.shown?.leave();
    const { pathname } = location;
    const own = this.settings?.fields.some(({ file }) => file) ? this.settings.fields : [];
    const isGone = () => location.pathname === pathname && !document.querySelector(`.st-key-${this.kit.data.id}`);
    const take = (/** @type {string} */ name) => {
      taken[name] = this.texts[name];
      putInAddress(name, null);
    };
    setTimeout(() => own.forEach(({ name }) => isGone() && take(name)), SOON);
  }
}

/**
 * Choices side by side; some may be in a list behind them.
 * @param {Field} field
 * @param {string[]} named what a reader sees of each option
 * @param {(text: string) => void} change
 */
function choices({ label, options = [], beside = options.length, empty = "more" }, named, change) {
  const place = document.createElement("div");
  const row = new Choices(place, label, named.slice(0, beside), (each) => change(options[named.indexOf(each)]));
  const list = beside < options.length ? selectOf([]) : null;
  if (list) {
    list.ariaLabel = `${label}: ${empty}`;
    list.append(new Option(empty, ""), ...options.slice(beside).map((each, at) => new Option(named[beside + at], each)));
    list.onchange = () => void (list.value && change(list.value));
    place.className = "with-list";
    place.append(list);
  }
  const show = (/** @type {string} */ text) => {
    const at = options.indexOf(text);
    row.show(named[at] ?? null);
    if (!list) return;
    list.value = at < beside ? "" : text;
    list.classList.toggle("chosen", at >= beside);
  };
  return { element: place, show };
}

function textBox() {
  const box = document.createElement("input");
  Object.assign(box, { type: "text", className: "number", autocomplete: "off", spellcheck: false });
  return box;
}

/**
 * A slider with its value beside it; it reports the value when the reader lets it go.
 * @param {Field} field
 * @param {(text: string) => void} change
 */
function slider({ options = [], ends = [0, 1], step = 1 }, change) {
  const place = document.createElement("div");
  place.className = "slide";
  const box = document.createElement("input");
  const [min, max] = options.length ? [0, options.length - 1] : ends;
  Object.assign(box, { type: "range", min, max, step });
  const value = maker(place)("output", "");
  place.prepend(box);
  const text = () => (options.length ? options[box.valueAsNumber] : String(box.valueAsNumber));
  box.oninput = () => (value.textContent = box.ariaValueText = text());
  box.onchange = () => change(text());
  const show = (/** @type {string} */ given) => {
    box.value = options.length ? String(options.indexOf(given)) : given;
    value.textContent = box.ariaValueText = text();
  };
  return { element: place, show, focus: box };
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  keeps: true,
  stays: true,
  early: true,
  create: (body, kit) => new Fields(body, kit),
});
