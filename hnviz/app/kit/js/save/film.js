// @ts-check
// A film of a picture that moves, as a GIF file. Its colours are the theme's and what lies between them and the
// ground; a frame holds only what has changed since the one before. The page draws between two frames.

import { bytesOf } from "../canvas.js";
import { ramp } from "../ramp.js";
import { plainText } from "../text.js";
import { linesIn } from "./drawing.js";

/**
 * @typedef {{ width: number, height: number, n: number, ms: number, steps?: number[],
 *   says?: (at: number) => Promise<string>, draw: (at: number) => HTMLCanvasElement|Promise<HTMLCanvasElement> }} Film
 *   n      how many frames there are
 *   ms     how long each is shown; the last one is shown until four seconds are over
 *   steps  the training step of each, where it is another in each
 *   says   the headline of each, where it is another in each
 *   draw   draws a frame, at any density
 * @typedef {{ head: string, notes: (at: number) => string[], tell: (share: number) => void }} Around
 *   head   the headline of all frames
 *   notes  the lines below a frame
 *   tell   is called with how much of the film is drawn
 * @typedef {number[]} Color [red, green, blue]
 */

export const SECONDS = 4;
const EDGE = 14; // px around the picture
const LINE = 16; // px, of a line below
const FONT = 12; // px
const HEAD = 24; // px, of a line above
const HEAD_FONT = 17; // px
const SHARES = 6; // steps from the ground to a colour: letters have soft edges
const RAMP = 80; // of the colours of numbers below and above zero
const MOST = 255; // colours; the last one of a GIF's 256 means "as before"
const REPORTS = 6; // while a film is drawn

/**
 * The colours of a film, at most 255.
 * @param {any} theme
 * @returns {Color[]}
 */
export function paletteOf(theme) {
  const { role, text, muted, border, control, right, rightMark, wrong, primary } = theme;
  const [ground, surface] = [theme.background, theme.surface].map(bytesOf);
  const inks = [text, muted, role.h_h, role.h_o, wrong, rightMark, right, role.i_h, border, control, primary].map(bytesOf);
  const onGround = inks.flatMap((ink) => between(ground, ink));
  const onSurface = inks.slice(0, 4).flatMap((ink) => between(surface, ink));
  const numbers = Array.from({ length: RAMP }, (_, at) => /** @type {Color} */ (ramp(theme.diverging)[Math.round((255 * at) / (RAMP - 1))]));
  const all = [ground, surface, ...inks, ...onGround, ...numbers, ...onSurface];
  return [...new Map(all.map((color) => [color.join(), color])).values()].slice(0, MOST);
}

/**
 * @param {Color} from
 * @param {Color} to
 * @returns {Color[]}
 */
const between = (from, to) => Array.from({ length: SHARES }, (_, at) => from.map((each, channel) => Math.round(each + ((to[channel] - each) * (at + 1)) / SHARES)));

/**
 * @param {Film} film
 * @param {any} theme
 * @param {Around} around
 */
export async function filmOf(film, theme, { head, notes, tell }) {
  const { GIFEncoder, applyPalette } = await import("../../../../vendor/gifenc/gifenc.esm.js");
  const [font, headFont] = [`${FONT}px ${theme.font}`, `600 ${HEAD_FONT}px ${theme.font}`];
  /** @type {string[][]} */
  const heads = [];
  for (let at = 0; at < film.n; at++) {
    heads.push(linesIn(plainText((await film.says?.(at)) ?? head), film.width, headFont));
    if (film.says) tell((at + 1) / film.n / 2);
  }
  const share = (/** @type {number} */ at) => (film.says ? 0.5 + at / film.n / 2 : at / film.n);
  const lines = Math.max(...[0, film.n - 1].map((at) => broken(notes(at), film.width, font).length));
  const most = Math.max(...heads.map(({ length }) => length));
  const top = EDGE + most * HEAD + (most ? HEAD / 3 : 0);
  const [width, height] = [film.width + 2 * EDGE, top + film.height + EDGE + lines * LINE];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const palette = paletteOf(theme);
  const gif = GIFEncoder();
  /** @type {Uint8Array|null} */
  let before = null;
  for (let at = 0; at < film.n; at++) {
    pen.fillStyle = theme.background;
    pen.fillRect(0, 0, width, height);
    pen.drawImage(await film.draw(at), EDGE, top, film.width, film.height);
    Object.assign(pen, { font: headFont, fillStyle: theme.text });
    heads[at].forEach((line, place) => pen.fillText(line, EDGE, EDGE + HEAD_FONT + place * HEAD));
    Object.assign(pen, { font, fillStyle: theme.muted });
    broken(notes(at), film.width, font).forEach((line, place) => pen.fillText(line, EDGE, top + film.height + (place + 1) * LINE));
    const now = applyPalette(pen.getImageData(0, 0, width, height).data, palette);
    const delay = at < film.n - 1 ? film.ms : Math.max(film.ms, SECONDS * 1000 - film.ms * (film.n - 1));
    const look = before ? { transparent: true, transparentIndex: MOST, dispose: 1 } : { palette: filled(palette), dispose: 1 };
    gif.writeFrame(before ? changes(now, before) : now, width, height, { ...look, delay });
    before = now;
    if (at % Math.ceil(film.n / REPORTS) === 0) tell(share(at));
    await rest();
  }
  gif.finish();
  return new Blob([gif.bytes()], { type: "image/gif" });
}

/**
 * @param {string[]} notes
 * @param {number} width
 * @param {string} font
 */
const broken = (notes, width, font) => notes.flatMap((note) => linesIn(note, width, font));

/**
 * 256 colours, as a GIF's table has them.
 * @param {Color[]} palette
 * @returns {Color[]}
 */
const filled = (palette) => Array.from({ length: MOST + 1 }, (_, at) => palette[at] ?? [0, 0, 0]);

/**
 * @param {Uint8Array} now
 * @param {Uint8Array} before
 */
const changes = (now, before) => now.map((color, at) => (color === before[at] ? MOST : color));

/** Let the page draw and answer. */
const rest = () => new Promise((resolve) => setTimeout(resolve));
