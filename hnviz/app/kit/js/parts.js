// @ts-check
// The parts that controls are made of; parts.css has their look.

const SHAPES = { Play: "M1 0L11 5.5L1 11Z", Pause: "M1 0H4.4V11H1ZM6.6 0H10V11H6.6Z" };

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
 * @param {() => void} press
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
   */
  constructor(parent, press = null) {
    this.element = document.createElement("button");
    this.element.type = "button";
    this.element.className = "play";
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
    this.element.replaceChildren(svg, name);
  }
}
