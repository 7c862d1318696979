// @ts-check
// Writes WebAssembly: instructions as bytes, and modules of functions that share one memory.
//
// An instruction takes the code of its arguments, so code nests as expressions do: i32.add(local.get(0), i32.constant(4)).
// Opcodes and sections are those of the binary format, https://webassembly.github.io/spec/core/binary/.

/**
 * @typedef {number[]} Code the bytes of instructions
 * @typedef {object} Definition a function without a result
 * @property {string} name
 * @property {number[]} parameters their types; a local's number counts them too
 * @property {number[]} locals the types of the others
 * @property {Code} body
 */

export const TYPE = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

export const VECTOR_BYTES = 16; // of a v128: four float32

/** The module and name under which the memory is imported. */
export const MEMORY = /** @type {const} */ (["hnviz", "memory"]);

const END = 0x0b;
const NO_RESULT = 0x40;
const ALIGNED = 2; // every address is a multiple of 2 ** 2 bytes

/**
 * A whole number of at least 0, in LEB128.
 * @param {number} value
 * @returns {Code}
 */
export function unsigned(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/**
 * A whole number of 32 bits, in signed LEB128.
 * @param {number} value
 * @returns {Code}
 */
export function signed(value) {
  const bytes = [];
  for (; value < -0x40 || value >= 0x40; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}

/** @type {(opcode: number) => (...given: Code[]) => Code} */
const instruction = (opcode) => (...given) => [...given.flat(), opcode];

/** @type {(opcode: number) => (...given: Code[]) => Code} */
const vector = (opcode) => (...given) => [...given.flat(), 0xfd, ...unsigned(opcode)];

/** @type {(offset: number) => Code} */
const place = (offset) => [ALIGNED, ...unsigned(offset)];

export const local = {
  /** @type {(at: number) => Code} */
  get: (at) => [0x20, ...unsigned(at)],
  /** @type {(at: number, value: Code) => Code} */
  set: (at, value) => [...value, 0x21, ...unsigned(at)],
  /** Set, and leave the value on the stack. @type {(at: number, value: Code) => Code} */
  tee: (at, value) => [...value, 0x22, ...unsigned(at)],
};

export const i32 = {
  /** @type {(value: number) => Code} */
  constant: (value) => [0x41, ...signed(value)],
  add: instruction(0x6a),
  subtract: instruction(0x6b),
  less: instruction(0x48),
  /** @type {(address: Code) => Code} */
  load: (address) => [...address, 0x28, ...place(0)],
};

/** Four numbers of 32 bits at once. `offset` is in bytes. */
export const v128 = {
  /** @type {(bytes: ArrayLike<number>) => Code} */
  constant: (bytes) => [...vector(0x0c)(), ...Array.from(bytes)],
  /** @type {(address: Code, offset?: number) => Code} */
  load: (address, offset = 0) => [...vector(0x00)(address), ...place(offset)],
  /** One number in all four lanes. @type {(address: Code) => Code} */
  loadSplat: (address) => [...vector(0x09)(address), ...place(0)],
  /** @type {(address: Code, value: Code, offset?: number) => Code} */
  store: (address, value, offset = 0) => [...vector(0x0b)(address, value), ...place(offset)],
  and: vector(0x4e),
};

export const f32x4 = {
  /** @type {(value: number) => Code} */
  constant: (value) => v128.constant(new Uint8Array(Float32Array.of(value, value, value, value).buffer)),
  splat: vector(0x13),
  greater: vector(0x44), // all bits of a lane, or none
  nearest: vector(0x6a),
  sqrt: vector(0xe3),
  add: vector(0xe4),
  subtract: vector(0xe5),
  multiply: vector(0xe6),
  divide: vector(0xe7),
  lower: vector(0xea), // b < a ? b : a, so a NaN in a stays
  higher: vector(0xeb), // a < b ? b : a
};

export const i32x4 = {
  /** @type {(value: number) => Code} */
  constant: (value) => v128.constant(new Uint8Array(Int32Array.of(value, value, value, value).buffer)),
  add: vector(0xae),
  shiftLeft: vector(0xab), // by a number of bits, an i32
  truncate: vector(0xf8), // from floats; a NaN becomes 0
};

/** Do `body`, and again while `condition` is not 0. @type {(body: Code, condition: Code) => Code} */
export const repeat = (body, condition) => [0x03, NO_RESULT, ...body, ...condition, 0x0d, 0, END];

/** @type {(condition: Code, then: Code, otherwise: Code) => Code} */
export const either = (condition, then, otherwise) => [...condition, 0x04, NO_RESULT, ...then, 0x05, ...otherwise, END];

/**
 * A module that imports its memory and exports all its functions.
 * @param {Definition[]} functions
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function moduleOf(functions) {
  const [FUNCTION, EXPORTED_FUNCTION, IMPORTED_MEMORY] = [0x60, 0, 2];
  const atLeastOnePage = [0, 1];
  return new Uint8Array([
    ...[0, ...ascii("asm")],
    ...[1, 0, 0, 0],
    ...section(1, functions.map(({ parameters }) => [FUNCTION, ...listed(parameters.map((type) => [type])), 0])),
    ...section(2, [[...named(MEMORY[0]), ...named(MEMORY[1]), IMPORTED_MEMORY, ...atLeastOnePage]]),
    ...section(3, functions.map((_, at) => unsigned(at))),
    ...section(7, functions.map(({ name }, at) => [...named(name), EXPORTED_FUNCTION, ...unsigned(at)])),
    ...section(10, functions.map(bodyOf)),
  ]);
}

/** @param {Definition} definition */
function bodyOf({ locals, body }) {
  const code = [...listed(locals.map((type) => [1, type])), ...body, END];
  return [...unsigned(code.length), ...code];
}

/**
 * @param {number} id
 * @param {Code[]} items
 */
function section(id, items) {
  const bytes = listed(items);
  return [id, ...unsigned(bytes.length), ...bytes];
}

/** @param {Code[]} items */
const listed = (items) => [...unsigned(items.length), ...items.flat()];

/** @param {string} name */
const named = (name) => [...unsigned(name.length), ...ascii(name)];

/** @param {string} text */
const ascii = (text) => Array.from(text, (letter) => letter.charCodeAt(0));
