// @ts-check
// Arrays of answers that this file makes itself, as the kit unpacks those of the server.

/** @typedef {Record<string, import("../../app/kit/js/arrays.js").Values>} Arrays */

const KINDS = { Float32Array: "<f4", Int32Array: "<i8", Int8Array: "|i1" };

/**
 * @param {import("../../app/kit/js/arrays.js").Numbers} data
 * @param {number[]} shape
 * @returns {import("../../app/kit/js/arrays.js").Values}
 */
export function values(data, shape) {
  return { data, shape, dtype: KINDS[/** @type {keyof typeof KINDS} */ (data.constructor.name)] };
}

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
