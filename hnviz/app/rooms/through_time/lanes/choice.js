// One of a few, as a row of buttons that the address remembers.

import { maker } from "../../../kit/js/make.js";
import { inAddress, putInAddress } from "../../../kit/js/page.js";

export class Choice {
  /** `names` are the choices in order; `key` is their name in the address, where they have one. */
  constructor(parent, { label, key, names, first, pick }) {
    Object.assign(this, { key, names, first, pick });
    const make = maker(parent);
    this.box = make("div", "hnviz-choice");
    make("span", "label", this.box, label);
    this.group = make("div", "group", this.box);
    this.group.setAttribute("role", "radiogroup");
    this.group.setAttribute("aria-label", label);
    this.wrong = make("span", "wrong", this.box);
    this.wrong.hidden = true;
    this.buttons = [];
    this.group.onkeydown = (event) => this.walk(event);
    this.offer(names);
    this.open();
  }

  offer(names) {
    if (String(names) === String(this.offered)) return;
    this.offered = names;
    const make = maker(this.group);
    this.group.replaceChildren();
    this.buttons = names.map((name) => {
      const button = make("button", "", this.group, name);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.onclick = () => this.press(name);
      return button;
    });
    this.show(this.chosen ?? this.first);
  }

  open() {
    const asked = this.key ? inAddress(this.key) : null;
    const known = this.names.includes(asked);
    if (asked !== null && !known) {
      this.wrong.textContent = `the address asks for “${asked.slice(0, 40)}” here, which is not one of ${this.names.join("; ")}`;
      this.wrong.hidden = false;
    }
    this.show(known ? asked : this.first);
  }

  press(name) {
    this.wrong.hidden = true;
    this.show(name);
    if (this.key) putInAddress(this.key, name === this.first ? null : name);
    this.pick(name);
  }

  walk(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = (this.offered.indexOf(this.chosen) + by + this.offered.length) % this.offered.length;
    this.press(this.offered[at]);
    this.buttons[at].focus();
  }

  /** Mark one; none if the picture shows none of the choices. */
  show(name) {
    this.chosen = name;
    const at = this.offered.indexOf(name);
    this.buttons.forEach((button, index) => {
      button.setAttribute("aria-checked", index === at);
      button.tabIndex = index === Math.max(0, at) ? 0 : -1;
    });
  }
}
