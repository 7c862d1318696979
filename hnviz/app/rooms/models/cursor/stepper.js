// Buttons, slider and keys that go through a trace's steps.

const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class Stepper {
  /** `moved(step)` is called for every move; `title` names what is counted. */
  constructor(title, moved) {
    this.moved = moved;
    this.at = 0;
    this.count = 1;
    this.element = document.createElement("div");
    this.element.className = "bar";
    this.next = this.button("Next line", () => this.by(1), "primary");
    this.back = this.button("Back", () => this.by(-1));
    this.restart = this.button("Restart", () => this.go(0));
    this.slider = document.createElement("input");
    this.slider.type = "range";
    this.slider.className = "slider";
    this.slider.min = 0;
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.value = document.createElement("output");
    this.value.className = "slider-value";
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = title;
    this.slider.setAttribute("aria-label", title);
    const track = document.createElement("span");
    track.className = "track";
    track.append(this.slider, this.value);
    const slide = document.createElement("label");
    slide.className = "slide";
    slide.append(name, track);
    this.element.append(this.next, this.back, this.restart, slide);
  }

  button(text, action, look = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.className = `button ${look}`;
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
