// Buttons, slider and keys that go through a trace's steps.

import { maker } from "../../../kit/js/make.js";

const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class Stepper {
  /** `moved(step)` is called for every move; `title` names what is counted. */
  constructor(body, title, moved) {
    this.moved = moved;
    this.at = 0;
    this.count = 1;
    this.make = maker(body);
    this.element = this.make("div", "bar");
    this.next = this.button("Next line", () => this.by(1), "primary");
    this.back = this.button("Back", () => this.by(-1));
    this.restart = this.button("Restart", () => this.go(0));
    const slide = this.make("label", "slide", this.element);
    this.make("span", "name", slide, title);
    const track = this.make("span", "track", slide);
    this.slider = this.make("input", "slider", track);
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.setAttribute("aria-label", title);
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.value = this.make("output", "slider-value", track);
  }

  button(text, action, look = "") {
    const button = this.make("button", `button ${look}`, this.element, text);
    button.type = "button";
    button.onclick = action;
    return button;
  }

  /** Arrow keys, Home and End move; fields and pictures keep their own keys. */
  listen(element) {
    element.addEventListener("keydown", (event) => {
      const move = KEYS[event.key];
      const own = event.target.closest("input, select, canvas");
      if (!move || own || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.by(move);
    });
  }

  resize(count) {
    this.count = count;
    this.slider.max = count - 1;
  }

  by(move) {
    this.go(this.at + move);
  }

  go(step) {
    this.at = Math.max(0, Math.min(this.count - 1, step));
    this.slider.value = this.at;
    this.value.textContent = `${this.at + 1} of ${this.count}`;
    this.slider.setAttribute("aria-valuetext", this.value.textContent);
    this.next.disabled = this.at === this.count - 1;
    this.back.disabled = this.restart.disabled = this.at === 0;
    this.moved(this.at);
  }
}
