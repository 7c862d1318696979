// The values of a picture, as they travel.

const FULL = 32767;

/** Fetch those that came as a file. Not kept in the tab: there is one for every snapshot. */
export async function loadValues(data, home) {
  if (!data.file) return null;
  const answer = await fetch(new URL(data.file, home), { cache: "force-cache" });
  if (!answer.ok) throw new Error(`the values: HTTP ${answer.status}`);
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Float32, row by row, units x tokens. */
export function valuesOf(data, file) {
  const bytes = file ?? Uint8Array.from(atob(data.values), (letter) => letter.charCodeAt(0)).buffer;
  return Float32Array.from(new Int16Array(bytes), (value) => (value / FULL) * data.scale);
}
