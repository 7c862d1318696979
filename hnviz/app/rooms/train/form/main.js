// @ts-check
// The settings of the next run, or of many (./many.js). A change is painted at once: the fields know every model's recipe. It
// is then reported, and Python says what is wrong with it, for each field a sentence.
//
// settings = { known: the address of what the fields need, given: what Python has judged,
//              wrong, lost: by field a sentence on its value, or on a value in the address that it cannot take,
//              or what the text is too short for,
//              warning, off: whether no run can start, shown: what an example holds, in place of the address,
//              speeds, speed: see ./speed.js, or for a student of a class
//              device: { module: the address of kit/class/device.js, orders: what Python has asked the device to train,
//              trains: whether it trains these settings } };
//              for many runs { known, many: see ./many.js }

import { inAddress, putOwnInAddress } from "../../../kit/js/address.js";
import { fetchOnce } from "../../../kit/js/fetch.js";
import { maker } from "../../../kit/js/make.js";
import { button, Field, heading, noNumber, numberBox, selectOf, switchBox } from "../../../kit/js/parts.js";
import { onMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";
import { asSentence } from "../../../kit/js/text.js";
import { Following } from "../../../kit/js/following.js";
import { onVisit } from "../../../kit/js/visits.js";
import { Many } from "./many.js";
import { Speed } from "./speed.js";
import { changed, shown, valuesOf } from "./values.js";

/**
 * @typedef {import("./values.js").Known} Known
 * @typedef {import("./values.js").Given} Given
 * @typedef {import("./values.js").Setting} Setting
 */

const HERE = "Trains on this device with these settings, and sends the run to the class. Keep this tab open.";
const MORE = ["bs", "nh", "warm-up", "batch norm", "state reset", "device", "form", "text", "valid"];

class Form {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.body = body;
    const make = maker(body);
    this.row = make("div", "row");
    this.own = make("div", "own");
    this.warning = make("p", "warning");
    this.more = /** @type {HTMLDetailsElement} */ (make("details", "fold"));
    this.summary = make("summary", "", this.more);
    this.inside = make("div", "row inside", this.more);
    this.machine = make("p", "machine", this.more);
    this.unseen = make("p", "field-wrong");
    this.following = new Following(kit, "machine", ({ line }) => (this.machine.textContent = line));
    this.more.ontoggle = () => this.toggle();
    /** @type {Map<string, Field>} */
    this.fields = new Map();
    /** @type {Given|null} */
    this.given = null;
    /** @type {Many|null} */
    this.many = null;
    /** @type {import("../../../kit/class/device.js").Shown|null} */
    this.shown = null;
    const page = location.pathname;
    this.unmark = onMark("lr", this, ({ rate }) => this.change("lr", String(rate))); // the finder's
    this.leave = onVisit(() => location.pathname === page && this.given && this.take(this.asked(), this.given));
  }

  get known() {
    return /** @type {Known} */ (this.kit.files);
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    if (this.answer === settings) return this.speed?.hear(); // news of the run
    this.answer = settings;
    if (settings.many) return this.showMany(settings.many);
    if (settings.device) this.showDevice(settings.device);
    this.speed?.hear(settings.speed);
    if (this.given) return this.show();
    this.summary.textContent = `More settings: ${[...(settings.speeds ? ["speed"] : []), "bptt", "seed", ...MORE].join(", ")}`;
    const place = maker(this.row)("div", "field press");
    heading(place, "Train a new run", undefined, "");
    const press = ({ detail = 0 }) => void (detail < 2 && this.kit.report("pressed", "train_start")); // one run for a double click
    this.go = button(place, "Train", press, "go");
    if (settings.speeds) {
      this.speed = new Speed(this.inside, this.kit, settings.speeds, settings.speed);
      this.more.open = settings.speed !== settings.speeds[0][0];
    }
    for (const setting of this.known.settings) this.add(setting);
    this.take(settings.shown ?? this.asked(), settings.given);
  }

  /** @param {import("./many.js").Settings} many */
  showMany(many) {
    this.summary.textContent = `More settings: ${MORE.join(", ")}`;
    this.many ??= new Many(this.body, this, this.kit, this.known, many);
  }

  /**
   * Train on a student's own device, which only a class loads.
   * @param {import("../../../kit/fields/main.js").Device} device
   */
  async showDevice({ module, orders }) {
    const { Shown } = await import(new URL(module, this.kit.home).href);
    const shown = (this.shown ??= new Shown(this.own, this.kit, () => this.say()));
    for (const order of orders) void shown?.add(order);
  }

  hear() {
    this.speed?.hear();
  }

  /** What this machine trains on is asked for when a reader looks. */
  toggle() {
    if (this.more.open) this.following.of("");
    this.say();
  }

  /**
   * Take what the address says.
   * @param {Given} given
   * @param {Given} before what Python knows: perhaps what was reported before this visit
   */
  take(given, before) {
    this.given = given;
    if (this.known.settings.some(({ name, more }) => more && name in given)) this.more.open = true;
    this.show();
    // At once: what Streamlit then sends for the visit holds it too.
    if (inOrder(given) !== inOrder(before)) this.kit.report("given", given);
  }

  /** @returns {Given} */
  asked() {
    const pairs = this.known.settings.map(({ name }) => [name, inAddress(`train_${name}`)]);
    return Object.fromEntries(pairs.filter(([, text]) => text !== null));
  }

  /** @param {Setting} setting */
  add(setting) {
    const { name, label, kind, help, more, options } = setting;
    const box = kind === "word" ? selectOf(options) : kind === "switch" ? switchBox() : numberBox(kind === "whole");
    const field = new Field(more ? this.inside : this.row, label, box, help);
    const used = () => shown(setting, valuesOf(this.known, this.given ?? {})[name]);
    box.onchange = () => (box.validity.badInput ? field.say(noNumber(label, used())) : this.change(name, kind === "switch" ? String(/** @type {HTMLInputElement} */ (box).checked) : box.value));
    this.fields.set(name, field);
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  change(name, text) {
    const before = this.given ?? {};
    this.given = changed(this.known, before, name, text);
    this.show();
    for (const each of Object.keys({ ...before, ...this.given })) {
      if (before[each] !== this.given[each]) putOwnInAddress(`train_${each}`, this.given[each] ?? null);
    }
    this.kit.report("given", this.given);
  }

  show() {
    const values = valuesOf(this.known, this.given ?? {});
    const unused = this.known.unused[values.model];
    for (const setting of this.known.settings) {
      this.fields.get(setting.name)?.show(shown(setting, values[setting.name]), unused.includes(setting.name));
    }
    this.say();
  }

  /** Write what Python has said. */
  say() {
    const { wrong = {}, lost = {}, warning = "", off = false, device } = this.answer ?? {};
    if (this.go) {
      this.go.disabled = off || Boolean(this.shown?.isBusy);
      this.go.title = device?.trains ? HERE : "Starts a run with these settings. It keeps going if you close this tab.";
    }
    for (const [name, field] of this.fields) field.say(wrong[name] ?? lost[name] ?? "", name in wrong);
    const hidden = this.known?.settings.find(({ name, more }) => more && name in wrong);
    write(this.unseen, hidden && !this.more.open ? asSentence(wrong[hidden.name]) : "");
    write(this.warning, warning);
  }

  destroy() {
    this.many?.destroy();
    this.shown?.leave();
    this.leave();
    this.unmark();
    this.following.leave();
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} sentence
 */
function write(place, sentence) {
  place.textContent = sentence;
  place.hidden = !sentence;
}

/** @param {Given} given */
const inOrder = (given) => JSON.stringify(Object.entries(given).sort());

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  keeps: true,
  stays: true,
  load: ({ known }, home) => fetchOnce(new URL(known, home), "json"),
  create: (body, kit) => new Form(body, kit),
});
