// @ts-check
// Arrows, lines and words, which all parts of the reading machine are drawn with.

import { mix } from "./layout.js";

/** @typedef {any} Pen a 2d context, or one that writes down what it draws */

export class Marks {
  /**
   * @param {Pen} pen
   * @param {any} theme
   */
  constructor(pen, theme) {
    this.pen = pen;
    this.theme = theme;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} toX
   * @param {number} toY
   * @param {string} color
   * @param {number} share of its length
   * @param {number[]} dash
   */
  arrow(x, y, toX, toY, color, share, dash = []) {
    if (share <= 0) return;
    const { pen } = this;
    const [endX, endY] = [mix(x, toX, share), mix(y, toY, share)];
    const angle = Math.atan2(toY - y, toX - x);
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 2.5;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(endX - 4 * Math.cos(angle), endY - 4 * Math.sin(angle));
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(endX, endY);
    for (const turn of [-0.5, 0.5]) pen.lineTo(endX - 8 * Math.cos(angle + turn), endY - 8 * Math.sin(angle + turn));
    pen.fill();
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {string} color
   * @param {number} alpha
   */
  underline(x, y, wide, color, alpha) {
    const { pen } = this;
    pen.globalAlpha = alpha;
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x - wide / 2, y);
    pen.lineTo(x + wide / 2, y);
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /**
   * @param {string} text
   * @param {{ size: number, weight?: number }} how
   */
  widthOf(text, { size, weight = 400 }) {
    this.pen.font = `${weight} ${size}px ${this.theme.font}`;
    return this.pen.measureText(text).width;
  }

  /**
   * Write a text and return its width; one that is too long for its place is made smaller, then cut.
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {{ size: number, color: string, weight?: number, align?: string, alpha?: number, fits?: number, halo?: boolean }} how
   */
  write(text, x, y, { size, color, weight = 400, align = "left", alpha = 1, fits = Infinity, halo = false }) {
    if (alpha <= 0 || !text) return 0;
    const { pen } = this;
    const font = (/** @type {number} */ each) => (pen.font = `${weight} ${each}px ${this.theme.font}`);
    font(size);
    let wide = pen.measureText(text).width;
    if (wide > fits) {
      font(Math.max(11, (size * fits) / wide));
      while (text.length > 2 && pen.measureText(text).width > fits) text = `${text.slice(0, -2)}…`;
      wide = pen.measureText(text).width;
    }
    pen.globalAlpha = alpha;
    pen.textAlign = align;
    if (halo) {
      pen.strokeStyle = this.theme.surface;
      pen.lineWidth = 3;
      pen.lineJoin = "round";
      pen.strokeText(text, x, y);
    }
    pen.fillStyle = color;
    pen.fillText(text, x, y + 0.5);
    pen.globalAlpha = 1;
    return wide;
  }
}
