// @ts-check
// numpy's random numbers of seed 0: numpy.random.default_rng(0), a PCG64 (XSL RR 128/64).

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const [STATE, INCREMENT] = [35399562948360463058890781895381311971n, 87136372517582989555478159403783844777n]; // of seed 0
const [HIGH, LOW] = [(1n << 128n) - 1n, (1n << 64n) - 1n];
const WORD = 2 ** 32;

export class Random {
  constructor() {
    this.state = STATE;
    /** @type {number|null} the other half of the last number of 64 bits */
    this.half = null;
  }

  /** A whole number of 32 bits. */
  next() {
    if (this.half !== null) {
      const { half } = this;
      this.half = null;
      return half;
    }
    this.state = (this.state * MULTIPLIER + INCREMENT) & HIGH;
    const turn = this.state >> 122n;
    const mixed = ((this.state >> 64n) ^ this.state) & LOW;
    const turned = ((mixed >> turn) | (mixed << (64n - turn))) & LOW;
    this.half = Number(turned >> 32n);
    return Number(turned & 0xffffffffn);
  }

  /** A whole number from 0 to `most`, by Lemire's method. @param {number} most below 2 ** 32 - 1 */
  upTo(most) {
    if (!most) return 0;
    const n = most + 1;
    const threshold = (WORD - n) % n;
    for (;;) {
      const product = BigInt(this.next()) * BigInt(n);
      if (Number(product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** The same, as `shuffle` draws it: numbers of as many bits are drawn until one fits. @param {number} most */
  within(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const value = (this.next() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  /**
   * Shuffle numbers in place.
   * @template {{ [at: number]: number, length: number }} Numbers
   * @param {Numbers} numbers
   * @returns {Numbers}
   */
  shuffle(numbers) {
    for (let at = numbers.length - 1; at > 0; at--) swap(numbers, at, this.within(at));
    return numbers;
  }

  /** n different ones of at most 10,000 numbers, by Floyd's method. @param {number[]} numbers @param {number} n */
  sample(numbers, n) {
    /** @type {Set<number>} */
    const places = new Set();
    for (let last = numbers.length - n; last < numbers.length; last++) {
      const place = this.upTo(last);
      places.add(places.has(place) ? last : place);
    }
    const found = [...places];
    for (let at = n - 1; at > 0; at--) swap(found, at, this.upTo(at));
    return found.map((place) => numbers[place]);
  }

  /** One of some numbers. @param {number[]} numbers */
  choice(numbers) {
    return numbers[this.upTo(numbers.length - 1)];
  }
}

/** @param {{ [at: number]: number }} numbers @param {number} one @param {number} other */
function swap(numbers, one, other) {
  [numbers[one], numbers[other]] = [numbers[other], numbers[one]];
}
