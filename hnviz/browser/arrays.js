// @ts-check
// Typed arrays: engine and files join them.

/**
 * Arrays of one kind, one after the other.
 * @template {Float32Array|Uint8Array} T
 * @param {T[]} parts at least one
 * @returns {T}
 */
export function joined(parts) {
  const Kind = /** @type {new (length: number) => T} */ (parts[0].constructor);
  const whole = new Kind(parts.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const part of parts) {
    whole.set(part, from);
    from += part.length;
  }
  return whole;
}
