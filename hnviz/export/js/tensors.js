// @ts-check
// Named arrays as a file: safetensors, byte for byte as hnviz/runs/files.py writes it.

import { joined } from "../../browser/arrays.js";
import { blake2b } from "./blake2b.js";
import { fromHalf } from "./arrays.js";
import { isPlain, jsonIn } from "./json.js";
import { ZipError } from "./zip.js";

/**
 * @typedef {import("../../app/kit/js/arrays.js").Numbers} Numbers
 * @typedef {Record<string, Numbers>} Tensors
 * @typedef {import("../../browser/saved.js").Shapes} Shapes
 * @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Listed
 */

const MAX_HEADER_BYTES = 2 ** 20;
const ALIGNED = 8;
const CHECKSUM = "checksum";
const HASH_BYTES = 16;

/** Kind -> as numpy names it, bytes of a number, and how numbers become bytes. In the order of a file. */
const KINDS = {
  I64: { numpy: "<i8", bytes: 8, write: (/** @type {Numbers} */ from) => BigInt64Array.from(from, BigInt) },
  F64: { numpy: "<f8", bytes: 8, write: (/** @type {Numbers} */ from) => Float64Array.from(from) },
  F32: { numpy: "<f4", bytes: 4, write: (/** @type {Numbers} */ from) => Float32Array.from(from) },
  F16: { numpy: "<f2", bytes: 2, write: () => new Uint8Array() },
  U8: { numpy: "|u1", bytes: 1, write: (/** @type {Numbers} */ from) => Uint8Array.from(from) },
  BOOL: { numpy: "|b1", bytes: 1, write: (/** @type {Numbers} */ from) => Uint8Array.from(from) },
};

/** @type {Record<string, (buffer: ArrayBuffer) => Numbers>} */
const READ = {
  I64: (buffer) => Int32Array.from(new BigInt64Array(buffer), Number),
  F64: (buffer) => new Float64Array(buffer),
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => fromHalf(new Uint16Array(buffer)),
  U8: (buffer) => new Uint8Array(buffer),
  BOOL: (buffer) => new Uint8Array(buffer),
};

/** @param {string} kind */
const kindOf = (kind) => KINDS[/** @type {keyof KINDS} */ (kind)];

/**
 * Write tensors, each as its shape says; one without a value has no numbers.
 * @param {Tensors} tensors
 * @param {Shapes} shapes
 * @param {boolean} isChecked whether the file gets a checksum
 */
export function tensorFile(tensors, shapes, isChecked = false) {
  const order = Object.keys(KINDS);
  const names = Object.keys(shapes).sort((a, b) => order.indexOf(shapes[a].kind) - order.indexOf(shapes[b].kind) || (a < b ? -1 : 1));
  const contents = names.map((name) => bytesOf(kindOf(shapes[name].kind).write(tensors[name] ?? new Float32Array())));
  /** @type {Record<string, any>} */
  const header = {};
  if (isChecked) header.__metadata__ = { [CHECKSUM]: checksum(shapes, Object.fromEntries(names.map((name, at) => [name, contents[at]]))) };
  let end = 0;
  names.forEach((name, at) => {
    const start = end;
    end += contents[at].length;
    header[name] = { dtype: shapes[name].kind, shape: shapes[name].shape, data_offsets: [start, end] };
  });
  const written = JSON.stringify(header);
  const head = new TextEncoder().encode(written.padEnd(Math.ceil(written.length / ALIGNED) * ALIGNED));
  return joined([bytesOf(BigUint64Array.of(BigInt(head.length))), head, ...contents]);
}

/** A file of tensors, checked as far as that goes without its settings. Throws ZipError with what is wrong. */
export class TensorFile {
  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {string} name of the file
   */
  constructor(bytes, name) {
    const { listed, start, sum } = headerOf(bytes, name);
    this.name = name;
    this.listed = listed;
    this.all = bytes.subarray(start);
    if (sum !== undefined && sum !== checksumIn(listed, this.all)) {
      throw new ZipError(`was changed after it was written: the checksum of ${name} is wrong`);
    }
  }

  /**
   * Read these tensors, in these shapes; floats may be of half precision.
   * @param {Shapes} shapes
   * @returns {Tensors}
   */
  read(shapes) {
    return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, this.one(name, shape)]));
  }

  /** @param {string} name @param {import("../../browser/saved.js").Shaped} wanted */
  one(name, { kind, shape }) {
    const found = Object.hasOwn(this.listed, name) ? this.listed[name] : undefined;
    const isKind = found?.dtype === kind || (kind === "F32" && found?.dtype === "F16");
    if (!isKind || found.shape.join() !== shape.join()) throw wrong(this.name, name);
    const { dtype, data_offsets: [from, to] } = found;
    return READ[dtype](this.all.slice(from, to).buffer);
  }
}

/** @param {string} file @param {string} name */
const wrong = (file, name) => new ZipError(`is damaged: ${file} lacks ${name} in the shape that its settings give it`);

/**
 * What a file says that it holds, checked.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} file
 * @returns {{ listed: Record<string, Listed>, start: number, sum: string|undefined }}
 */
function headerOf(bytes, file) {
  const damaged = new ZipError(`is damaged: ${file} cannot be read`);
  if (bytes.length < ALIGNED) throw damaged;
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const start = ALIGNED + length;
  if (length > MAX_HEADER_BYTES || start > bytes.length) throw damaged;
  const header = jsonIn(bytes.subarray(ALIGNED, start));
  if (!isPlain(header)) throw damaged;
  const { __metadata__: told, ...listed } = header;
  if (!Object.values(listed).every((each) => isListed(each, bytes.length - start))) throw damaged;
  return { listed, start, sum: told?.[CHECKSUM] };
}

/** @param {any} found @param {number} most bytes of all tensors */
function isListed(found, most) {
  const { dtype, shape, data_offsets: places } = found ?? {};
  if (!Object.hasOwn(KINDS, dtype) || ![shape, places].every((list) => Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0))) return false;
  const [from, to] = places;
  return places.length === 2 && to <= most && to - from === lengthIn(shape) * kindOf(dtype).bytes;
}

/** @param {number[]} shape */
const lengthIn = (shape) => shape.reduce((product, side) => product * side, 1);

/** @param {Record<string, Listed>} listed @param {Uint8Array<ArrayBuffer>} all */
const checksumIn = (listed, all) =>
  checksum(
    Object.fromEntries(Object.entries(listed).map(([name, { dtype, shape }]) => [name, { kind: dtype, shape }])),
    Object.fromEntries(Object.entries(listed).map(([name, { data_offsets: [from, to] }]) => [name, all.subarray(from, to)])),
  );

/**
 * A hash of names, kinds, shapes and values.
 * @param {Shapes} shapes
 * @param {Record<string, Uint8Array<ArrayBuffer>>} contents
 */
function checksum(shapes, contents) {
  const parts = Object.keys(contents)
    .sort()
    .flatMap((name) => {
      const { kind, shape } = shapes[name];
      const written = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
      return [new TextEncoder().encode(`${name} ${kindOf(kind).numpy} ${written};`), contents[name]];
    });
  return blake2b(joined(parts), HASH_BYTES);
}

/** @param {ArrayBufferView<ArrayBuffer>} array @returns {Uint8Array<ArrayBuffer>} */
const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
