// @ts-check
// Lines to put in order, each with a button up and one down. The text is their numbers from top to bottom, such as "2 1 3".

import { maker } from "../js/make.js";
import { button } from "../js/parts.js";

const PLACE = "{}";

/**
 * @param {import("./main.js").Field} field `options` are the lines, `places` has PLACE for each and the lines that stay
 * @param {(text: string) => void} change
 */
export function lines({ label, first, options = [], places = [] }, change) {
  const list = document.createElement("ol");
  list.className = "lines";
  list.ariaLabel = label;
  const make = maker(list);
  let drawn = ""; // what is drawn again would lose the focus

  /**
   * @param {number[]} order
   * @param {number} at
   * @param {number} by -1 up, 1 down
   */
  function move(order, at, by) {
    const moved = order.with(at, order[at + by]).with(at + by, order[at]);
    change(moved.join(" "));
    const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (list.querySelectorAll(`[data-line="${order[at]}"] button`));
    const [same, other] = by < 0 ? buttons : [...buttons].reverse();
    (same.disabled ? other : same).focus();
  }

  /** @param {string} text */
  function show(text) {
    const wanted = isOrder(text, options.length) ? text : first;
    if (wanted === drawn) return;
    drawn = wanted;
    const order = read(wanted);
    list.replaceChildren();
    let at = 0;
    for (const place of places) {
      const row = make("li", "", list);
      if (!place.includes(PLACE)) {
        make("code", "", row, place);
        continue;
      }
      const here = at++;
      const number = order[here];
      row.dataset.line = String(number);
      for (const [name, sign, by] of /** @type {[string, string, number][]} */ ([["up", "↑", -1], ["down", "↓", 1]])) {
        const press = button(row, sign, () => move(order, here, by), "press");
        press.ariaLabel = `Line ${number} ${name}`;
        press.disabled = !(here + by in order);
      }
      make("span", "number", row, String(number));
      make("code", "", row, place.replace(PLACE, () => options[number - 1]));
    }
  }
  return { element: list, show };
}

/** @param {string} text */
const read = (text) => text.split(" ").map(Number);

/**
 * @param {string} text
 * @param {number} n
 */
const isOrder = (text, n) => text.split(" ").length === n && Array.from({ length: n }, (_, at) => String(at + 1)).every((each) => text.split(" ").includes(each));
