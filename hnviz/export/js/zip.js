// @ts-check
// Zip files: as much of the format as runs need. Anybody may have written the file that is read, so nothing in it is believed:
// a list of files is checked before any is unpacked, and no file is unpacked beyond the size that the list says.

import { crc32 } from "../../app/kit/js/crc32.js";
import { joined } from "../../browser/arrays.js";

/**
 * @typedef {{ name: string, content: Uint8Array<ArrayBuffer>, isPlain?: boolean }} File isPlain: it would not become smaller
 * @typedef {{ name: string, size: number, packed: number, method: number, crc: number, at: number }} Member of a zip file
 */

export const MAX_FILES = 256; // as in hnviz/runs/archive.py
export const MAX_BYTES = 2 ** 27; // unpacked: twice the snapshots that a run keeps in a page

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50]; // how their records begin
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES, COMMENT_BYTES] = [30, 46, 22, 0xffff];
const [STORED, DEFLATED] = [0, 8];
const VERSION = 20; // of the format: 2.0 has deflate
const JANUARY_1980 = 0x21; // the first day of the format: a file's time would only be another one on each computer
const [UNIX, MODE] = [3 << 8, 0o100600 << 16]; // a regular file
const [LINK, KIND] = [0o120000, 0o170000];
const IN_ZIP64 = 0xffffffff; // a size that has no room in the list

/** What is wrong with a file, as the rest of a sentence that begins with its name. */
export class ZipError extends Error {
  name = "ZipError"; // which a page knows before it has loaded this module
}

const NO_ZIP = "is not a zip file: choose a run that was saved as a zip";
const DAMAGED = "is damaged: save or export the run again";
const A_PART = "is damaged: only a part of it is there";
const TOO_LARGE = `holds more than ${MAX_BYTES / 2 ** 20} MB, too much for a page`;

/**
 * Write a zip file.
 * @param {File[]} files
 * @returns {Promise<Blob>}
 */
export async function zipped(files) {
  const [parts, list] = [/** @type {Uint8Array<ArrayBuffer>[]} */ ([]), /** @type {Uint8Array<ArrayBuffer>[]} */ ([])];
  let at = 0;
  for (const { name, content, isPlain } of files) {
    const packed = isPlain ? content : await through(new CompressionStream("deflate-raw"), new Blob([content]));
    const letters = new TextEncoder().encode(name);
    const told = [VERSION, 0, isPlain ? STORED : DEFLATED, 0, JANUARY_1980];
    const sizes = [crc32(content), packed.length, content.length];
    parts.push(record(LOCAL, told, sizes, [letters.length, 0]), letters, packed);
    list.push(record(CENTRAL, [UNIX + VERSION, ...told], sizes, [letters.length, 0, 0, 0, 0], [MODE, at]), letters);
    at += LOCAL_BYTES + letters.length + packed.length;
  }
  const end = record(END, [0, 0, files.length, files.length], [total(list), at], [0]);
  return new Blob([...parts, ...list, end], { type: "application/zip" });
}

/**
 * A record: its first four bytes, then numbers of two and of four bytes in turn.
 * @param {number} kind
 * @param {number[][]} groups
 */
function record(kind, ...groups) {
  const bytes = groups.map((numbers, at) => (at % 2 ? Uint32Array : Uint16Array).from(numbers)).map(({ buffer }) => new Uint8Array(buffer));
  return joined([new Uint8Array(Uint32Array.of(kind).buffer), ...bytes]);
}

/** @param {Uint8Array[]} arrays */
const total = (arrays) => arrays.reduce((sum, { length }) => sum + length, 0);

/**
 * The files of a zip file, by their names. Throws ZipError.
 * @param {Blob} zip
 * @returns {Promise<Map<string, Member>>}
 */
export async function membersOf(zip) {
  if (zip.size > MAX_BYTES) throw new ZipError(TOO_LARGE);
  const tail = await viewOf(zip, Math.max(0, zip.size - END_BYTES - COMMENT_BYTES), zip.size);
  const end = endIn(tail);
  if (end < 0) throw new ZipError((await begins(zip, LOCAL)) ? A_PART : NO_ZIP);
  const [n, bytes, first] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (n > MAX_FILES) throw new ZipError(`has ${n.toLocaleString("en-US")} files, and a run has at most ${MAX_FILES}`);
  if (first + bytes > zip.size) throw new ZipError(DAMAGED);
  const list = await viewOf(zip, first, first + bytes);
  /** @type {Map<string, Member>} */
  const members = new Map();
  for (let [left, at] = [n, 0]; left > 0; left--) {
    if (at + CENTRAL_BYTES > bytes || list.getUint32(at, true) !== CENTRAL) throw new ZipError(DAMAGED);
    const length = list.getUint16(at + 28, true);
    const next = at + CENTRAL_BYTES + length + list.getUint16(at + 30, true) + list.getUint16(at + 32, true);
    if (next > bytes) throw new ZipError(DAMAGED);
    const member = memberAt(list, at, length);
    if (members.has(member.name)) throw new ZipError(`has two files named ${member.name}`);
    members.set(member.name, member);
    at = next;
  }
  if ([...members.values()].reduce((sum, { size }) => sum + size, 0) > MAX_BYTES) throw new ZipError(TOO_LARGE);
  return members;
}

/** @param {Blob} zip @param {number} kind of its first record */
async function begins(zip, kind) {
  const head = await viewOf(zip, 0, LOCAL_BYTES);
  return head.byteLength >= 4 && head.getUint32(0, true) === kind;
}

/** Where the last record begins; -1 if it is not there. @param {DataView} tail */
function endIn(tail) {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    const isEnd = tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength;
    if (isEnd) return at;
  }
  return -1;
}

/**
 * @param {DataView} list
 * @param {number} at
 * @param {number} length of its name
 * @returns {Member}
 */
function memberAt(list, at, length) {
  const name = new TextDecoder().decode(new Uint8Array(list.buffer, list.byteOffset + at + CENTRAL_BYTES, length));
  const [flags, method] = [list.getUint16(at + 8, true), list.getUint16(at + 10, true)];
  const [crc, packed, size] = [16, 20, 24].map((place) => list.getUint32(at + place, true));
  const start = list.getUint32(at + 42, true);
  if (flags & 1) throw new ZipError("needs a password");
  if (((list.getUint32(at + 38, true) >>> 16) & KIND) === LINK) throw new ZipError("holds a link to another file");
  if ([packed, size, start].includes(IN_ZIP64)) throw new ZipError(TOO_LARGE);
  if (![STORED, DEFLATED].includes(method)) throw new ZipError("is not compressed with deflate: use that method");
  return { name, size, packed, method, crc, at: start };
}

/**
 * Unpack a file. Throws ZipError.
 * @param {Blob} zip
 * @param {Member} member
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function contentOf(zip, { size, packed, method, crc, at }) {
  const head = await viewOf(zip, at, at + LOCAL_BYTES);
  if (head.byteLength < LOCAL_BYTES || head.getUint32(0, true) !== LOCAL) throw new ZipError(DAMAGED);
  const from = at + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  const part = zip.slice(from, from + packed);
  const content = await (method === STORED ? bytesIn(part.stream(), size) : through(new DecompressionStream("deflate-raw"), part, size));
  if (content.length !== size || crc32(content) !== crc) throw new ZipError(DAMAGED);
  return content;
}

/**
 * What becomes of bytes; throws ZipError if there are more than `most`.
 * @param {GenericTransformStream} change
 * @param {Blob} blob
 * @param {number} [most]
 */
const through = (change, blob, most) => bytesIn(blob.stream().pipeThrough(/** @type {any} */ (change)), most);

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number} most
 */
async function bytesIn(stream, most = Infinity) {
  const [reader, pieces] = [stream.getReader(), /** @type {Uint8Array<ArrayBuffer>[]} */ ([])];
  try {
    for (let length = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(/** @type {Uint8Array<ArrayBuffer>} */ (value));
      if ((length += value.length) > most) break;
    }
  } catch {
    throw new ZipError(DAMAGED); // it is no deflate, or the file has changed since it was chosen
  }
  reader.cancel().catch(() => {});
  if (total(pieces) > most) throw new ZipError(DAMAGED);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/**
 * @param {Blob} zip
 * @param {number} from
 * @param {number} to
 */
async function viewOf(zip, from, to) {
  try {
    return new DataView(await zip.slice(from, to).arrayBuffer());
  } catch {
    throw new ZipError("cannot be read: choose it again");
  }
}
