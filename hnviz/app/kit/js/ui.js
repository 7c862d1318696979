// @ts-check
// The controls of declared views; parts.css has their look. parts.js makes the same for all other pictures.

import { html, useLayoutEffect, useRef } from "../../../vendor/preact/preact.js";
import { SHAPES } from "./parts.js";
import { unbroken } from "./text.js";

/** @typedef {(string|string[])[]} Parts of a sentence; [text] is bold */

/** @param {Parts} parts */
export const told = (parts) => parts.map((part) => (typeof part === "string" ? unbroken(part) : html`<strong>${unbroken(part[0])}</strong>`));

/**
 * The same for screen readers.
 * @param {Parts} parts
 */
export const plainOf = (parts) => unbroken(parts.flat().join(""));

/** @param {{ press: (event: Event) => void, look?: string, children?: unknown }} properties */
export const Button = ({ press, look = "", children, ...rest }) => html`<button type="button" class=${look} onClick=${press} ...${rest}>${children}</button>`;

/**
 * A row of choices, of which one is chosen, or none.
 * @param {{ name: string, among: string[], chosen: string|null, choose: (choice: string) => void }} properties
 */
export const Choices = ({ name, among, chosen, choose, ...rest }) => html`
  <div class="choices-row" role="group" aria-label=${name} ...${rest}>
    ${among.map((each) => html`<button type="button" aria-pressed=${String(each === chosen)} onClick=${() => choose(each)}>${each}</button>`)}
  </div>`;

/**
 * A select behind its name.
 * @param {{ name: string, among: { id: string, name: string }[], chosen: string|undefined, choose: (id: string) => void }} properties
 */
export const Menu = ({ name, among, chosen, choose, ...rest }) => html`
  <label class="menu" ...${rest}>${name}<select value=${chosen} onChange=${(/** @type {any} */ { target }) => choose(target.value)}>
    ${among.map((each) => html`<option value=${each.id}>${each.name}</option>`)}
  </select></label>`;

/**
 * The button of a play, which takes a step at a time; `playing` is in the view's state, and `set` sets it.
 * @param {import("./player.js").Steps & { playing: boolean, set: (playing: boolean) => void }} play
 */
export function Play({ playing, set, between, advance, isAtEnd, rewind }) {
  const step = useRef(() => {});
  step.current = () => {
    advance();
    if (isAtEnd()) set(false);
  };
  useLayoutEffect(() => {
    const timer = playing ? setInterval(() => step.current(), between) : undefined;
    return () => clearInterval(timer);
  }, [playing]);
  const press = () => {
    set(!playing);
    if (playing) return;
    if (isAtEnd()) rewind();
    else step.current();
  };
  const name = playing ? "Pause" : "Play"; // also what a screen reader says
  return html`<${Button} look="play" press=${press}><svg viewBox="0 0 11 11" aria-hidden="true"><path d=${SHAPES[name]} /></svg>${name}<//>`;
}
