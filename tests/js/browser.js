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

/** An answer of the API without arrays. */
export function answer(meta) {
  let text = JSON.stringify({ meta, sentence: "", arrays: [] });
  while ((4 + text.length) % 8) text += " ";
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(text.length);
  return new Response(new Uint8Array(Buffer.concat([bytes, Buffer.from(text)])));
}

/** What pictures look at when their modules are loaded. */
export function page() {
  globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
  globalThis.window = globalThis;
  globalThis.document = { scripts: [], createElement: () => ({ style: {}, dataset: {}, append() {} }) };
  address("http://127.0.0.1/");
}
