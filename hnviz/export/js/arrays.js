// @ts-check
// Arrays of answers that this file makes itself, as the kit unpacks those of the server.

/** @typedef {Record<string, import("../../app/kit/js/arrays.js").Values>} Arrays */

/**
 * Numbers of half precision, two bytes each.
 * @param {Uint16Array} halves
 */
export function fromHalf(halves) {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const power = (half >> 10) & 0x1f;
    const rest = half & 0x3ff;
    if (power === 0x1f) return rest ? NaN : sign * Infinity;
    return sign * (power ? 2 ** (power - 15) * (1 + rest / 1024) : (2 ** -14 * rest) / 1024);
  });
}
