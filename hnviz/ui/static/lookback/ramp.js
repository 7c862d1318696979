// 256 colours along a list of hex colours.

import { bytesOf } from "../shared/canvas.js";

const ramps = new Map();

export function ramp(colors) {
  const name = colors.join();
  if (!ramps.has(name)) {
    const channels = colors.map(bytesOf);
    ramps.set(name, Array.from({ length: 256 }, (_, at) => mix(channels, at / 255)));
  }
  return ramps.get(name);
}

function mix(channels, share) {
  const at = share * (channels.length - 1);
  const low = Math.min(Math.floor(at), channels.length - 2);
  const parts = channels[low].map((from, index) => Math.round(from + (channels[low + 1][index] - from) * (at - low)));
  return `rgb(${parts.join()})`;
}
