// A trace: one forward pass, as the views code_cursor and models_in_step send it.

/**
 * What a picture reads: the answer's facts, and the values of all tensors, one after the other.
 * @param {import("../../../kit/js/arrays.js").Answer} answer
 */
export const traceOf = ({ meta, arrays }) => ({ ...meta, values: arrays.values.data });

/** The lines x columns of a tensor that its tile shows: those of one row, if each row has its own. */
export function sheet(trace, tensor, row) {
  const { at, high, wide, peak, view } = tensor;
  const from = at + (view === "row" ? row * high * wide : 0);
  return { high, wide, unit: peak / 127, values: trace.values.subarray(from, from + high * wide) };
}

/** Write a number for readers: two or three digits, and a real minus sign. */
export function number(value) {
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size < 0.01 ? size.toExponential(0) : size.toFixed(size < 10 ? 2 : 1);
  return value < 0 ? `−${text}` : text;
}
