// A list of hex colours as a table of 256 steps.

import { bytesOf } from "./canvas.js";

const made = new Map();

/** 256 colours along `colors`, as [red, green, blue]. */
export function ramp(colors) {
  const name = colors.join();
  if (!made.has(name)) {
    const parts = colors.map(bytesOf);
    made.set(name, Array.from({ length: 256 }, (_, index) => mix(parts, index / 255)));
  }
  return made.get(name);
}

function mix(parts, share) {
  const at = share * (parts.length - 1);
  const low = Math.min(Math.floor(at), parts.length - 2);
  return parts[low].map((from, channel) =>
    Math.round(from + (parts[low + 1][channel] - from) * (at - low)),
  );
}
