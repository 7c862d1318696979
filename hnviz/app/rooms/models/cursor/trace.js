// A trace's file: what hnviz/app/rooms/models/cursor.py packs with trace_file.

/** Fetch it. Not kept in the tab: there is one for every snapshot. The browser's cache has it. */
export async function loadTrace(address) {
  const answer = await fetch(address, { cache: "force-cache" });
  if (!answer.ok) throw new Error(`the trace: HTTP ${answer.status}`);
  const content = await new Response(
    answer.body.pipeThrough(new DecompressionStream("gzip")),
  ).arrayBuffer();
  const length = new DataView(content).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(content, 4, length)));
  return { ...header, values: new Int8Array(content, 4 + length) };
}

/** The lines x columns of a tensor that its picture shows, of one row if each row has its own. */
export function sheet(trace, tensor, row) {
  const { at, high, wide, peak, view } = tensor;
  const from = at + (view === "row" ? row * high * wide : 0);
  return { high, wide, unit: peak / 127, values: trace.values.subarray(from, from + high * wide) };
}

/** Write a number as a reader does: two or three digits, a real minus. */
export function number(value) {
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size < 0.01 ? size.toExponential(0) : size.toFixed(size < 10 ? 2 : 1);
  return value < 0 ? `−${text}` : text;
}

/** Bold parts, between **two stars**, into an element; all else is text. */
export function say(element, sentence) {
  const parts = sentence.split("**").map((part, index) => {
    if (index % 2 === 0) return part;
    const bold = document.createElement("b");
    bold.textContent = part;
    return bold;
  });
  element.replaceChildren(...parts);
}
