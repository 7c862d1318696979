// A forward's source with its line numbers; the line that has run is marked.

import { maker } from "../../../kit/js/make.js";

const CALL = /self\.(\w+)/g;

export class Code {
  constructor(parent) {
    this.element = maker(parent)("div", "code");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "region");
    this.rows = [];
  }

  /** Write the lines if they have changed. `roles` are those of the submodules. */
  show(name, source, roles) {
    const key = JSON.stringify([name, source]);
    if (key === this.key) return;
    this.key = key;
    this.element.setAttribute("aria-label", `Source of ${name}.forward`);
    const fresh = new Set(source.new ?? []);
    this.rows = source.lines.map((line, index) => {
      const row = document.createElement("div");
      if (fresh.has(index)) row.className = "new";
      const place = document.createElement("i");
      const sign = fresh.has(index) ? "+" : " ";
      place.textContent = `${String(source.first_line + index).padStart(4)} ${sign} `;
      row.append(place, ...colored(line, roles));
      return row;
    });
    const pre = document.createElement("pre");
    pre.append(...this.rows);
    this.element.replaceChildren(pre);
  }

  /** Mark the lines from `first` to `last`; null marks none. */
  mark(first, last) {
    this.rows.forEach((row, index) => {
      const on = first !== null && index >= first && index <= last;
      row.classList.toggle("on", on);
      if (on) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    });
  }
}

/** A line as text, calls of submodules in their roles' colours. */
function colored(line, roles) {
  const parts = [];
  let done = 0;
  for (const found of line.matchAll(CALL)) {
    const role = roles[found[1]];
    if (!["i_h", "h_h", "h_o"].includes(role)) continue;
    const bold = document.createElement("b");
    bold.textContent = found[0];
    bold.style.color = `var(--hn-role-${role})`;
    parts.push(line.slice(done, found.index), bold);
    done = found.index + found[0].length;
  }
  return [...parts, line.slice(done)];
}
