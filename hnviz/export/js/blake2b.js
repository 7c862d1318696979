// @ts-check
// The hash of a checkpoint, as Python's hashlib.blake2b: RFC 7693. A word of 64 bits is two of 32, the lower one first.

const BLOCK_BYTES = 128;
const ROUNDS = 12;

// prettier-ignore
const FIRST = Uint32Array.of(
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
);

/** Which words of a block each round takes, two for each of its eight mixes. */
const ORDERS = [
  ...["0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d"],
  ...["2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0"],
].map((order) => Array.from(order, (sign) => parseInt(sign, 16)));

/** Which words of the state each mix changes: columns, then diagonals. */
const MIXES = ["048c", "159d", "26ae", "37bf", "05af", "16bc", "278d", "349e"].map((mix) => Array.from(mix, (sign) => parseInt(sign, 16)));

/**
 * @param {Uint8Array} bytes
 * @param {number} length of the hash, in bytes
 * @returns {string} in hexadecimal
 */
export function blake2b(bytes, length) {
  const hash = FIRST.slice();
  hash[0] ^= 0x01010000 ^ length;
  const [block, state] = [new Uint8Array(BLOCK_BYTES), new Uint32Array(32)];
  for (let at = 0; at === 0 || at < bytes.length; at += BLOCK_BYTES) {
    const end = Math.min(at + BLOCK_BYTES, bytes.length);
    block.fill(0).set(bytes.subarray(at, end));
    compress(hash, state, new Uint32Array(block.buffer), end, end === bytes.length);
  }
  return Array.from(new Uint8Array(hash.buffer, 0, length), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Uint32Array} hash
 * @param {Uint32Array} v the state
 * @param {Uint32Array} words of the block
 * @param {number} end how many bytes there were up to the block's end
 * @param {boolean} isLast
 */
function compress(hash, v, words, end, isLast) {
  v.set(hash);
  v.set(FIRST, 16);
  v[24] ^= end;
  v[25] ^= Math.floor(end / 2 ** 32);
  if (isLast) {
    v[28] = ~v[28];
    v[29] = ~v[29];
  }
  for (let round = 0; round < ROUNDS; round++) {
    const order = ORDERS[round % ORDERS.length];
    for (let at = 0; at < MIXES.length; at++) mix(v, MIXES[at], words, 2 * order[2 * at], 2 * order[2 * at + 1]);
  }
  for (let at = 0; at < 16; at++) hash[at] ^= v[at] ^ v[at + 16];
}

/**
 * @param {Uint32Array} v
 * @param {number[]} places of four words
 * @param {Uint32Array} words
 * @param {number} x
 * @param {number} y
 */
function mix(v, [a, b, c, d], words, x, y) {
  add(v, 2 * a, v[2 * b], v[2 * b + 1]);
  add(v, 2 * a, words[x], words[x + 1]);
  turn(v, 2 * d, 2 * a, 32);
  add(v, 2 * c, v[2 * d], v[2 * d + 1]);
  turn(v, 2 * b, 2 * c, 24);
  add(v, 2 * a, v[2 * b], v[2 * b + 1]);
  add(v, 2 * a, words[y], words[y + 1]);
  turn(v, 2 * d, 2 * a, 16);
  add(v, 2 * c, v[2 * d], v[2 * d + 1]);
  turn(v, 2 * b, 2 * c, 63);
}

/** v[at] += low, high. @param {Uint32Array} v @param {number} at @param {number} low @param {number} high */
function add(v, at, low, high) {
  const sum = v[at] + low;
  v[at + 1] += high + (sum > 0xffffffff ? 1 : 0);
  v[at] = sum;
}

/** v[at] = (v[at] ^ v[other]), turned right by so many bits. @param {Uint32Array} v @param {number} at @param {number} other @param {number} bits */
function turn(v, at, other, bits) {
  const [low, high] = [v[at] ^ v[other], v[at + 1] ^ v[other + 1]];
  const [first, second] = bits < 32 ? [low, high] : [high, low];
  const rest = bits % 32;
  v[at] = rest ? (first >>> rest) | (second << (32 - rest)) : first;
  v[at + 1] = rest ? (second >>> rest) | (first << (32 - rest)) : second;
}
