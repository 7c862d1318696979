// @ts-check
// A pen for a canvas that also writes down, as SVG, what it draws: so a picture on a canvas is saved as
// lines and words, not as pixels. It knows the calls that the pictures use; the others only draw.

import { HATCH_APART, hatchColor } from "../canvas.js";
import { tag, textTag } from "./words.js";

/** @typedef {import("./words.js").Attributes} Attributes */
/** @typedef {{ color: string, opacity?: number }} Paint */

const FONT = /^(?:(italic|oblique) )?(?:(\d+|bold) )?([\d.]+)px (.*)$/;

export class Writing {
  /**
   * @param {CanvasRenderingContext2D} pen of the canvas itself, cleared
   * @param {string} name that no other canvas of the picture has
   */
  constructor(pen, name) {
    this.pen = pen;
    this.name = name;
    this.first = pen.getTransform().inverse(); // the screen's density
    /** @type {{ name: string, attributes: Attributes, d?: string, text?: string }[]} `text` is whole already */
    this.parts = [];
    /** @type {string[]} */
    this.definitions = [];
    this.d = ""; // the path so far
    /** @type {string[]} the areas that drawing is cut to, one for each save() */
    this.clips = [""];
    /** @type {Map<string, number>} font and baseline -> px from there down to the line of the letters */
    this.drops = new Map();
  }

  /** All that was drawn, as SVG. */
  get svg() {
    const parts = this.parts.map(({ name, attributes, d, text }) => text ?? tag(name, { d, ...attributes }));
    return (this.definitions.length ? tag("defs", {}, this.definitions.join("")) : "") + parts.join("");
  }

  /** From the pen's own coordinates to CSS pixels. */
  get turn() {
    return this.first.multiply(this.pen.getTransform());
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const { a, b, c, d, e, f } = this.turn;
    return `${round(a * x + c * y + e)} ${round(b * x + d * y + f)}`;
  }

  /**
   * @param {string} command
   * @param {number[]} places x, y, x, y, ...
   */
  step(command, ...places) {
    const points = [];
    for (let at = 0; at < places.length; at += 2) points.push(this.at(places[at], places[at + 1]));
    if (points.every((point) => !point.includes("NaN"))) this.d += `${command}${points.join(" ")}`;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {number} high
   */
  box(x, y, wide, high) {
    return `M${this.at(x, y)}L${this.at(x + wide, y)} ${this.at(x + wide, y + high)} ${this.at(x, y + high)}Z`;
  }

  /** @param {Attributes} attributes */
  around(attributes) {
    const clip = this.clips[this.clips.length - 1];
    return clip ? { ...attributes, "clip-path": `url(#${clip})` } : attributes;
  }

  /**
   * What has a transform of its own: that would move the area too.
   * @param {string} svg
   */
  cut(svg) {
    const around = this.around({});
    this.parts.push({ name: "g", attributes: {}, text: around["clip-path"] ? tag("g", around, svg) : svg });
  }

  /**
   * A colour or a pattern, as attributes of what it fills.
   * @param {"fill"|"stroke"} which
   * @returns {Attributes}
   */
  paint(which) {
    const style = which === "fill" ? this.pen.fillStyle : this.pen.strokeStyle;
    const opacity = this.pen.globalAlpha < 1 ? { [`${which}-opacity`]: this.pen.globalAlpha } : {};
    return { [which]: typeof style === "string" ? style : this.hatch(style), ...opacity };
  }

  /** @param {CanvasGradient|CanvasPattern} pattern */
  hatch(pattern) {
    const id = `${this.name}-hatch`;
    if (!this.definitions.some((each) => each.includes(`id="${id}"`))) {
      const size = { width: HATCH_APART, height: HATCH_APART };
      const line = tag("path", { d: `M0 ${HATCH_APART}V0`, stroke: hatchColor(pattern), "stroke-width": 1.4 });
      this.definitions.push(tag("pattern", { id, ...size, patternUnits: "userSpaceOnUse", patternTransform: "rotate(-45)" }, line));
    }
    return `url(#${id})`;
  }

  /**
   * Fill a path; of one colour, many are one.
   * @param {string} d
   */
  filled(d) {
    if (!d) return;
    const attributes = this.around(this.paint("fill"));
    const last = this.parts[this.parts.length - 1];
    const joins = !attributes["fill-opacity"] && /^#[\da-f]{6}$/.test(String(attributes.fill));
    if (last?.d && joins && same(last.attributes, attributes)) last.d += d;
    else this.parts.push({ name: "path", attributes, d });
  }

  /** @param {string} d */
  stroked(d) {
    if (!d) return;
    const { pen } = this;
    const dash = pen.getLineDash().map(round).join(" ");
    const join = pen.lineJoin === "miter" ? undefined : pen.lineJoin;
    const cap = pen.lineCap === "butt" ? undefined : pen.lineCap;
    const look = { fill: "none", "stroke-width": pen.lineWidth, "stroke-dasharray": dash, "stroke-linejoin": join, "stroke-linecap": cap };
    this.parts.push({ name: "path", attributes: this.around({ ...this.paint("stroke"), ...look }), d });
  }

  /**
   * @param {string} words
   * @param {number} x
   * @param {number} y
   * @param {Attributes} paint
   */
  write(words, x, y, paint) {
    const { pen } = this;
    const [, style, weight, size, family] = FONT.exec(pen.font) ?? ["", "", "", "13", "sans-serif"];
    const { a, b, c, d, e, f } = this.turn;
    const moved = a === 1 && !b && !c && d === 1;
    const place = moved ? { x: x + e, y: y + f + this.drop() } : { x, y: y + this.drop() };
    const transform = moved ? undefined : `matrix(${[a, b, c, d, e, f].map(round).join(" ")})`;
    const anchor = { center: "middle", right: "end", end: "end" }[/** @type {string} */ (pen.textAlign)];
    const look = { ...place, width: pen.measureText(words).width, size: Number(size), family, weight: weight || "400", style: style || "normal" };
    this.cut(textTag(words, look, { ...paint, "text-anchor": anchor, transform }));
  }

  /** How far the line of the letters is below the line that the pen writes from. */
  drop() {
    const { pen } = this;
    if (pen.textBaseline === "alphabetic") return 0;
    const key = `${pen.font} ${pen.textBaseline}`;
    let drop = this.drops.get(key);
    if (drop === undefined) {
      const before = pen.measureText("x").fontBoundingBoxAscent;
      pen.save();
      pen.textBaseline = "alphabetic";
      drop = pen.measureText("x").fontBoundingBoxAscent - before;
      pen.restore();
      this.drops.set(key, drop);
    }
    return drop;
  }

  /**
   * A picture in the picture, such as a heat map of one pixel a cell.
   * @param {HTMLCanvasElement|OffscreenCanvas} image
   * @param {number[]} places as drawImage takes them
   */
  image(image, ...places) {
    const [sx, sy, sw, sh, x, y, wide, high] =
      places.length === 8 ? places : [0, 0, image.width, image.height, places[0], places[1], places[2] ?? image.width, places[3] ?? image.height];
    const part = document.createElement("canvas");
    Object.assign(part, { width: Math.max(1, Math.round(sw)), height: Math.max(1, Math.round(sh)) });
    part.getContext("2d")?.drawImage(image, sx, sy, sw, sh, 0, 0, part.width, part.height);
    const { a, b, c, d, e, f } = this.turn;
    const sharp = this.pen.imageSmoothingEnabled ? undefined : "image-rendering:pixelated";
    const transform = `matrix(${[a, b, c, d, e, f].map(round).join(" ")})`;
    const look = { x, y, width: wide, height: high, preserveAspectRatio: "none", style: sharp, transform, opacity: this.pen.globalAlpha < 1 ? this.pen.globalAlpha : undefined };
    this.cut(tag("image", { ...look, "xlink:href": part.toDataURL() }));
  }

  clip() {
    const id = `${this.name}-clip-${this.definitions.length}`;
    const around = this.around({});
    this.definitions.push(tag("clipPath", { id }, tag("path", { d: this.d, ...around })));
    this.clips[this.clips.length - 1] = id;
  }

  /**
   * What each call of the pen writes down, before the pen draws it.
   * @returns {Record<string, (...given: any[]) => void>}
   */
  get calls() {
    return {
      beginPath: () => (this.d = ""),
      moveTo: (x, y) => this.step("M", x, y),
      lineTo: (x, y) => this.step(this.d ? "L" : "M", x, y),
      bezierCurveTo: (...places) => this.step("C", ...places),
      quadraticCurveTo: (...places) => this.step("Q", ...places),
      closePath: () => (this.d += this.d ? "Z" : ""),
      rect: (...box) => (this.d += this.box(.../** @type {[number, number, number, number]} */ (box))),
      roundRect: (x, y, wide, high, radius) => this.roundRect(x, y, wide, high, Math.min(Number(radius) || 0, wide / 2, high / 2)),
      arc: (x, y, radius, from, to) => this.arc(x, y, radius, from, to),
      fill: () => this.filled(this.d),
      stroke: () => this.stroked(this.d),
      fillRect: (...box) => this.filled(this.box(.../** @type {[number, number, number, number]} */ (box))),
      strokeRect: (...box) => this.stroked(this.box(.../** @type {[number, number, number, number]} */ (box))),
      fillText: (words, x, y) => this.write(String(words), x, y, this.paint("fill")),
      strokeText: (words, x, y) => this.write(String(words), x, y, { ...this.paint("stroke"), fill: "none", "stroke-width": this.pen.lineWidth, "stroke-linejoin": "round" }),
      drawImage: (image, ...places) => this.image(image, ...places),
      clip: () => this.clip(),
      save: () => this.clips.push(this.clips[this.clips.length - 1]),
      restore: () => this.clips.length > 1 && this.clips.pop(),
    };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {number} from
   * @param {number} to
   */
  arc(x, y, radius, from, to) {
    const place = (/** @type {number} */ angle) => /** @type {const} */ ([x + radius * Math.cos(angle), y + radius * Math.sin(angle)]);
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-6;
    const ends = whole ? [from + Math.PI, from + 2 * Math.PI] : [to];
    this.step(this.d && !whole ? "L" : "M", ...place(from));
    for (const end of ends) this.d += `A${round(radius)} ${round(radius)} 0 ${!whole && Math.abs(to - from) > Math.PI ? 1 : 0} 1 ${this.at(...place(end))}`;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {number} high
   * @param {number} radius
   */
  roundRect(x, y, wide, high, radius) {
    const [right, low] = [x + wide, y + high];
    const corner = (/** @type {number} */ cx, /** @type {number} */ cy, /** @type {number} */ tx, /** @type {number} */ ty) => (this.d += `Q${this.at(cx, cy)} ${this.at(tx, ty)}`);
    this.step("M", x + radius, y);
    this.step("L", right - radius, y);
    corner(right, y, right, y + radius);
    this.step("L", right, low - radius);
    corner(right, low, right - radius, low);
    this.step("L", x + radius, low);
    corner(x, low, x, low - radius);
    this.step("L", x, y + radius);
    corner(x, y, x + radius, y);
    this.d += "Z";
  }
}

/**
 * The pen itself, with all its properties, which also writes down.
 * @param {Writing} writing
 * @returns {CanvasRenderingContext2D}
 */
export function writingPen(writing) {
  const { pen, calls } = writing;
  return new Proxy(pen, {
    get(_target, name) {
      const value = Reflect.get(pen, name, pen);
      if (typeof value !== "function") return value;
      const write = calls[String(name)];
      return (/** @type {any[]} */ ...given) => {
        write?.(...given);
        return value.apply(pen, given);
      };
    },
    set: (_target, name, value) => Reflect.set(pen, name, value, pen),
  });
}

/** @param {number} value */
const round = (value) => Number(value.toFixed(2));

/**
 * @param {Attributes} one
 * @param {Attributes} other
 */
function same(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
