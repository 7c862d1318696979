// @ts-check
// JSON that anybody may have written.

/** @param {Uint8Array} bytes @returns {any} undefined for what is no JSON */
export function jsonIn(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether it is an object in braces. @param {any} value */
export const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
