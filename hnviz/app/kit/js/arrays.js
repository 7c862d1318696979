// @ts-check
// Answers of the web API as they travel: a JSON header, then the arrays' bytes (hnviz/web/wire.py).

/**
 * @typedef {Float32Array|Float64Array|Int32Array|Int16Array|Uint8Array|Int8Array} Numbers
 * @typedef {{ data: Numbers, shape: number[], dtype: string }} Values
 * @typedef {{ meta: any, sentence: string, arrays: Record<string, Values>, bytes: number }} Answer
 */

/** numpy's names for the kinds of numbers, little-endian. */
const KINDS = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "<i4": Int32Array,
  "<i2": Int16Array,
  "|i1": Int8Array,
  "|u1": Uint8Array,
  "|b1": Uint8Array,
};

/**
 * Read one answer. 64-bit integers become 32-bit ones: ids and places are all smaller.
 * @param {ArrayBuffer} buffer
 * @returns {Answer}
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Record<string, Values>} */
  const arrays = {};
  for (const [name, dtype, shape, offset] of header.arrays) {
    arrays[name] = { data: numbers(buffer, 4 + length + offset, dtype, shape), shape, dtype };
  }
  return { meta: header.meta, sentence: header.sentence ?? "", arrays, bytes: buffer.byteLength };
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {string} dtype
 * @param {number[]} shape
 * @returns {Numbers}
 */
function numbers(buffer, start, dtype, shape) {
  const size = shape.reduce((product, side) => product * side, 1);
  if (dtype === "<i8") return Int32Array.from(new BigInt64Array(buffer, start, size), Number);
  const kind = KINDS[/** @type {keyof typeof KINDS} */ (dtype)];
  if (!kind) throw new Error(`an array of ${dtype} cannot be read here`);
  return new kind(buffer, start, size);
}

/**
 * Check an answer against the shapes that a picture declares. A number is a fixed length; a name is
 * a length that must be the same wherever it appears. Only debug mode does this.
 * @param {Answer} answer
 * @param {Record<string, (number|string)[]>} shapes
 */
export function checkShapes(answer, shapes) {
  /** @type {Record<string, number>} */
  const sides = {};
  for (const [name, wanted] of Object.entries(shapes)) {
    const values = answer.arrays[name];
    if (!values) throw new Error(`the answer has no array ${name}; it has ${Object.keys(answer.arrays).join(", ")}`);
    if (values.shape.length !== wanted.length) {
      throw new Error(`${name} must have ${wanted.length} dimensions; got the shape ${values.shape}`);
    }
    wanted.forEach((side, at) => {
      const known = typeof side === "number" ? side : (sides[side] ??= values.shape[at]);
      if (values.shape[at] !== known) throw new Error(`${name} must be ${wanted.join(" x ")}; got ${values.shape}`);
    });
  }
}
