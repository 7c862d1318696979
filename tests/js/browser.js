// The few parts of a browser that the kit's modules touch, for tests without one.

export function address(href) {
  globalThis.location = { href };
  globalThis.history = {
    state: null,
    replaceState(_state, _title, url) {
      globalThis.location = { href: String(url) };
    },
  };
}

/** Frames come as fast as the clock of the test turns. */
export function frames() {
  globalThis.requestAnimationFrame = (call) => setTimeout(() => call(performance.now()), 1);
}

/** Answer fetch with `reply(url, options)`; returns the addresses that were asked. */
export function server(reply) {
  const asked = [];
  globalThis.fetch = async (url, options = {}) => {
    asked.push(String(url));
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      Promise.resolve(reply(String(url), options)).then(resolve, reject);
    });
  };
  return asked;
}

export const json = (body, status = 200) => new Response(JSON.stringify(body), { status });

/** Pack as Python does: the header's length, the header, and the arrays, the largest items first. */
export function packed(told, arrays) {
  const header = { __metadata__: told };
  let end = 0;
  for (const [name, [dtype, shape, data]] of Object.entries(arrays)) {
    header[name] = { dtype, shape, data_offsets: [end, (end += data.byteLength)] };
  }
  let text = JSON.stringify(header);
  while (Buffer.byteLength(text) % 8) text += " ";
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  const body = Object.values(arrays).map(([, , data]) => Buffer.from(data.buffer));
  return new Uint8Array(Buffer.concat([length, Buffer.from(text), ...body])).buffer;
}

/** An answer of the API without arrays. */
export const answer = (meta) => new Response(packed({ meta: JSON.stringify(meta), sentence: "", seconds: "0" }, {}));

/** What pictures look at when their modules are loaded. */
export function page() {
  globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
  globalThis.window = globalThis;
  globalThis.document = { scripts: [], createElement: () => ({ style: {}, dataset: {}, append() {} }) };
  address("http://127.0.0.1/");
}
