// @ts-check
// Shapes of a drawing, as SVG text: what pictures of networks have in common. As hnviz/figures/svg.py, with its looks.
// No DOM.

/** @typedef {Record<string, any>} Theme of theme.js */

const FONT_PX = 13;
const HEAD = 9; // px, an arrow head's length
const STROKE = 3.5; // px, of a line from state to state

/** A number with six digits at most. @param {number} value */
export const short = (value) => String(Number(value.toPrecision(6)));

/** @param {string} text */
export const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#x27;");

/** Collects shapes; `render` returns one <svg> that scales down to fit. */
export class Shapes {
  /**
   * @param {number} width px
   * @param {number} height
   * @param {Theme} theme
   */
  constructor(width, height, theme) {
    this.width = width;
    this.height = height;
    this.theme = theme;
    /** @type {string[]} */
    this.parts = [];
  }

  /**
   * Write words with their baseline at y.
   * @param {number} x
   * @param {number} y
   * @param {string} words
   * @param {{ anchor?: string, muted?: boolean, bold?: boolean }} [look]
   */
  text(x, y, words, { anchor = "middle", muted = false, bold = false } = {}) {
    const fill = muted ? this.theme.muted : this.theme.text;
    const weight = (bold ? ' font-weight="600"' : "") + (words.endsWith(",") ? ' font-size="22"' : ""); // a comma is hard to see
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" fill="${fill}"${weight}>${escaped(words)}</text>`);
  }

  /** Write words that end at (x, y) and rise to it. @param {number} x @param {number} y @param {string} words */
  slanted(x, y, words) {
    const larger = words === "," ? ' font-size="22"' : "";
    const place = `transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(-60)"`;
    this.parts.push(`<text ${place} text-anchor="end" fill="${this.theme.text}"${larger}>${escaped(words)}</text>`);
  }

  /** Write a small word that rises from (x, y). @param {number} x @param {number} y @param {string} word */
  upright(x, y, word) {
    const place = `transform="translate(${(x + 3.5).toFixed(1)} ${y.toFixed(1)}) rotate(-90)"`;
    this.parts.push(`<text ${place} font-size="10.5" fill="${this.theme.text}">${escaped(word.length > 10 ? `${word.slice(0, 9)}…` : word)}</text>`);
  }

  /**
   * A square of a map: the darker, the nearer `share` is to 1. A reader who points to it sees what is said.
   * @param {[number, number]} at its corner
   * @param {number} size
   * @param {number} share
   * @param {string} said
   */
  cell([x, y], size, share, said) {
    const { role, border } = this.theme;
    this.parts.push(
      `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${short(size)}" height="${short(size)}" fill="${role.h_h}" ` +
        `fill-opacity="${share.toFixed(3)}" stroke="${border}"><title>${escaped(said)}</title></rect>`,
    );
  }

  /** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} color @param {number} width */
  segment(x1, y1, x2, y2, color, width = 1) {
    const [a, b, c, d] = [x1, y1, x2, y2].map((each) => each.toFixed(1));
    this.parts.push(`<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${color}" stroke-width="${short(width)}"/>`);
  }

  /** A level arrow from state to state with its point at x2. @param {number} x1 @param {number} x2 @param {number} y */
  arrow(x1, x2, y) {
    const color = this.theme.role.h_h;
    this.parts.push(
      `<line x1="${short(x1)}" y1="${short(y)}" x2="${(x2 - 0.8 * HEAD).toFixed(1)}" y2="${y.toFixed(1)}" stroke="${color}" stroke-width="${STROKE}"/>` +
        `<path transform="translate(${x2.toFixed(1)} ${y.toFixed(1)})" d="M-${HEAD}-5.2L0 0L-${HEAD} 5.2z" fill="${color}"/>`,
    );
  }

  /** A mark of scissors: gradients stop here, the state goes on. @param {number} x @param {number} y */
  cut(x, y) {
    const { muted, surface } = this.theme;
    this.parts.push(
      `<g transform="translate(${short(x)} ${short(y)}) rotate(-90) scale(.75)" fill="none" stroke="${muted}" stroke-width="1.8" stroke-linecap="round">` +
        `<path d="M-13-8h26v16h-26z" fill="${surface}" stroke="none"/><circle cx="-7.5" cy="-4.5" r="3.3"/><circle cx="-7.5" cy="4.5" r="3.3"/>` +
        '<path d="M-4.7-2.7L10 5.4M-4.7 2.7L10-5.4"/></g>',
    );
  }

  /** A screen reader says the title and the description. @param {string} title @param {string} description */
  render(title, description) {
    const { width, height, parts } = this;
    return (
      `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}. ${description}`)}" font-size="${FONT_PX}" ` +
      `style="display:block;width:100%;max-width:${short(width * 1.2)}px;height:auto;margin:0 auto;font-family:inherit">` +
      `<desc>${escaped(description)}</desc>${parts.join("")}</svg>`
    );
  }
}
