// @ts-check
// torch's random numbers on the cpu, bit for bit: MT19937, and what it makes of its draws.
//
// torch draws normal numbers with vectors of AVX2, which any x86 processor of the last ten years has; the functions here
// take its steps, with a fused multiplication and addition where it has one. On ARM its first weights differ in their
// last bits.

const SIZE = 624;
const HALF = 397;
const NORMAL_AT_ONCE = 16; // fewer numbers than that are drawn one by one, in double precision
const { fround } = Math;

/** a * b + c, rounded once. The product is exact in double precision; only one sum in 2 ** 29 is rounded otherwise. */
const fused = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => fround(a * b + c);

/** @param {number} x @param {number[]} coefficients that of the highest power first */
const polynomial = (x, coefficients) => coefficients.map(fround).reduce((sum, each) => fused(sum, x, each));

const word = new DataView(new ArrayBuffer(4));

/** Cephes' logf. @param {number} x a float above 0 */
function log(x) {
  word.setFloat32(0, x);
  const bits = word.getUint32(0);
  word.setUint32(0, (bits & 0x7fffff) | 0x3f000000);
  let fraction = word.getFloat32(0); // .5 to 1, and x is this times 2 ** exponent
  let exponent = (bits >>> 23) - 126;
  const isSmall = fraction < fround(Math.SQRT1_2);
  if (isSmall) exponent -= 1;
  fraction = isSmall ? fround(fround(fraction - 1) + fraction) : fround(fraction - 1);
  const squared = fround(fraction * fraction);
  const coefficients = [7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1];
  const series = polynomial(fraction, [...coefficients, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]);
  const most = fused(fround(series * fraction), squared, fround(exponent * fround(-2.12194440e-4)));
  return fused(exponent, fround(0.693359375), fround(fraction + fused(-squared, 0.5, most)));
}

/** Cephes' sinf and cosf. @param {number} angle at least 0 @returns {[sine: number, cosine: number]} */
function sineAndCosine(angle) {
  const octant = (Math.trunc(fround(angle * fround(4 / Math.PI))) + 1) & ~1;
  const quarterPi = [-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8]; // in three parts
  const x = quarterPi.reduce((rest, part) => fused(octant, fround(part), rest), angle);
  const squared = fround(x * x);
  const c = fround(polynomial(squared, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]) * squared);
  const even = fround(fused(c, squared, -fround(squared * 0.5)) + 1);
  const s = fround(polynomial(squared, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]) * squared);
  const odd = fused(s, x, x);
  const [sine, cosine] = octant & 2 ? [even, odd] : [odd, even];
  return [octant & 4 ? -sine : sine, (octant + 2) & 4 ? -cosine : cosine];
}

/** torch's generator of the cpu after torch.manual_seed(seed). */
export class Generator {
  /** @param {number} seed a whole number from 0 to 2 ** 32 - 1 */
  constructor(seed) {
    this.words = new Uint32Array(SIZE);
    this.words[0] = seed;
    for (let at = 1; at < SIZE; at++) {
      const before = this.words[at - 1];
      this.words[at] = Math.imul(1812433253, before ^ (before >>> 30)) + at;
    }
    this.at = SIZE;
  }

  /** Draw 32 bits. */
  draw() {
    if (this.at === SIZE) this.twist();
    let bits = this.words[this.at++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  twist() {
    const { words } = this;
    for (let at = 0; at < SIZE; at++) {
      const bits = (words[at] & 0x80000000) | (words[(at + 1) % SIZE] & 0x7fffffff);
      words[at] = words[(at + HALF) % SIZE] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** A float from 0 to 1, without 1. */
  share() {
    return (this.draw() & 0xffffff) / 2 ** 24;
  }

  /** The same in double precision, from two draws. */
  preciseShare() {
    const [high, low] = [this.draw(), this.draw()];
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  }

  /**
   * Tensor.uniform_(from, to)
   * @param {number} n
   * @param {number} from
   * @param {number} to
   */
  uniform(n, from, to) {
    const [start, range] = [fround(from), fround(fround(to) - fround(from))];
    return Float32Array.from({ length: n }, () => fused(this.share(), range, start));
  }

  /**
   * Tensor.normal_(0, 1), by Box and Muller's transform
   * @param {number} n
   */
  normal(n) {
    if (n < NORMAL_AT_ONCE) return this.fewNormal(n);
    const drawn = this.uniform(n, 0, 1);
    for (let from = 0; from + NORMAL_AT_ONCE <= n; from += NORMAL_AT_ONCE) transform(drawn.subarray(from, from + NORMAL_AT_ONCE));
    if (n % NORMAL_AT_ONCE) {
      const last = drawn.subarray(-NORMAL_AT_ONCE); // torch draws all of them again
      last.set(this.uniform(NORMAL_AT_ONCE, 0, 1));
      transform(last);
    }
    return drawn;
  }

  /** @param {number} n */
  fewNormal(n) {
    const drawn = new Float32Array(n + (n % 2));
    for (let at = 0; at < n; at += 2) {
      const angle = 2 * Math.PI * this.preciseShare();
      const radius = Math.sqrt(-2 * Math.log1p(-this.preciseShare()));
      drawn.set([radius * Math.cos(angle), radius * Math.sin(angle)], at);
    }
    return drawn.subarray(0, n);
  }
}

/** Turn shares into normal numbers: the first half gives radii, the second angles. @param {Float32Array} drawn 16 of them */
function transform(drawn) {
  const half = NORMAL_AT_ONCE / 2;
  for (let at = 0; at < half; at++) {
    const radius = fround(Math.sqrt(fround(-2 * log(fround(1 - drawn[at])))));
    const [sine, cosine] = sineAndCosine(fround(fround(2 * Math.PI) * drawn[at + half]));
    [drawn[at], drawn[at + half]] = [radius * cosine, radius * sine];
  }
}
