// A choice of one of a few, as a row of buttons. The address keeps it.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";

export class Choice {
  /** `names` are the choices in order; `key` is their name in the address, where they have one. */
  constructor(parent, { label, key, names, first, pick, asked }) {
    Object.assign(this, { key, first, pick });
    const make = maker(parent);
    this.box = make("div", "hnviz-choice");
    make("span", "label", this.box, label);
    this.group = make("div", "group", this.box);
    this.group.setAttribute("role", "radiogroup");
    this.group.setAttribute("aria-label", label);
    this.buttons = [];
    this.group.onkeydown = (event) => this.walk(event);
    this.chosen = key ? asked.choice(key, names, first) : first;
    this.offer(names);
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
    this.show(this.chosen);
  }

  press(name) {
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
