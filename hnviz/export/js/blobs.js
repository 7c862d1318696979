// @ts-check
// What the file holds: compressed pieces, each unpacked when it is first needed.

/** @param {string} text in base64 */
export function bytesOf(text) {
  const signs = atob(text);
  const bytes = new Uint8Array(signs.length);
  for (let at = 0; at < signs.length; at++) bytes[at] = signs.charCodeAt(at); // Uint8Array.from takes ten times as long
  return bytes;
}

/** The contents of the file's elements of a name. @param {string} name */
export const heldAs = (name) => new Blobs([...document.querySelectorAll(`script.${name}`)].map(({ textContent }) => textContent ?? ""));

export class Blobs {
  /** @param {string[]} packed each compressed with gzip, in base64 */
  constructor(packed) {
    this.packed = packed;
    /** @type {Map<number, Promise<ArrayBuffer>>} */
    this.known = new Map();
  }

  /**
   * @param {number} at
   * @returns {Promise<ArrayBuffer>}
   */
  get(at) {
    let content = this.known.get(at);
    if (!content) {
      content = unzipped(bytesOf(this.packed[at]));
      this.known.set(at, content);
    }
    return content;
  }

  /** @param {number} at */
  async text(at) {
    return new TextDecoder().decode(await this.get(at));
  }

  /** @param {number} at */
  async json(at) {
    return JSON.parse(await this.text(at));
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function unzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
