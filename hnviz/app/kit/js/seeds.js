// @ts-check
// What the same seeds say of two settings: the mean difference, how sure it is, and whether one seed would have fooled
// somebody. No DOM.

/**
 * @typedef {{ n: number, mean: number, low: number, high: number, least: number, most: number, against: number, ways: number }} Paired
 *   low, high   the 95 % interval of the mean difference, by Student's t
 *   least, most   the differences of the seed with the smallest and with the largest
 *   against     of all `ways` to take one run a side: how many do not have the sign of the mean
 */

/**
 * What the same seeds say of two sides; null for fewer than two of them.
 * @param {[number, number][]} pairs the figures of each seed, on both sides
 * @returns {Paired|null}
 */
export function paired(pairs) {
  const n = pairs.length;
  if (n < 2) return null;
  const gaps = pairs.map(([from, to]) => to - from);
  const mean = gaps.reduce((sum, each) => sum + each, 0) / n;
  const variance = gaps.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  const chosen = pairs.flatMap(([from]) => pairs.map(([, to]) => to - from)); // one run a side, of any seed
  const against = chosen.filter((each) => Math.sign(each) !== Math.sign(mean)).length;
  return { n, mean, low: mean - half, high: mean + half, least: Math.min(...gaps), most: Math.max(...gaps), against, ways: chosen.length };
}

/**
 * What is said of a best square, and of as many others that tie with it.
 * @param {number} seeds of the best one
 * @param {number} ties
 */
export const unranked = (seeds, ties) => `${seeds > 1 ? `${seeds} seeds` : "one seed"} cannot rank it above ${ties === 1 ? "1 other" : `${ties} others`}.`;

/**
 * The 97.5 % point of Student's t.
 * @param {number} freedom whole degrees of freedom
 */
export function studentT(freedom) {
  let [low, high] = [0, 13]; // one degree has 12.7
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (within(middle, freedom) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The share of Student's t between -t and t: Abramowitz and Stegun, 26.7.3 and 26.7.4.
 * @param {number} t
 * @param {number} freedom
 */
function within(t, freedom) {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2;
  let term = odd ? cos : 1;
  let sum = 0;
  for (let power = odd; power <= freedom - 2; power += 2) {
    sum += term;
    term *= (cos * cos * (power + 1)) / (power + 2);
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}
