// @ts-check
// Answers of the web API as they travel: safetensors (hnviz/questions/frame.py).

/**
 * @typedef {Float32Array|Float64Array|Int32Array|Int16Array|Uint8Array|Int8Array} Numbers
 * @typedef {{ data: Numbers, shape: number[] }} Values
 * @typedef {{ meta: any, sentence: string, arrays: Record<string, Values>, bytes: number }} Answer
 */

const KINDS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/**
 * Read one answer. 64-bit integers become 32-bit ones: ids and places are all smaller.
 * @param {ArrayBuffer} buffer
 * @returns {Answer}
 */
export function unpack(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: told, ...listed } = header;
  /** @type {Record<string, Values>} */
  const arrays = {};
  for (const [name, { dtype, shape, data_offsets: [start] }] of Object.entries(listed)) {
    arrays[name] = { data: numbers(buffer, 8 + length + start, dtype, shape), shape };
  }
  return { meta: JSON.parse(told.meta), sentence: told.sentence, arrays, bytes: buffer.byteLength };
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
  if (dtype === "I64") return Int32Array.from(new BigInt64Array(buffer, start, size), Number);
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
