// @ts-check
// Unpacks the modules of a file and starts the first. It is no module, as an import map must come before any.
// First it lets the browser show the words that the file has as HTML: unpacking would delay that frame.
{
  const FRAME_MS = 100; // a tab in the background shows none
  const shown = () =>
    new Promise((done) => {
      requestAnimationFrame(() => setTimeout(done));
      setTimeout(done, FRAME_MS);
    });
  const add = (/** @type {string} */ type, /** @type {string} */ textContent) =>
    document.body.append(Object.assign(document.createElement("script"), { type, textContent }));
  const held = (/** @type {string} */ name) => document.querySelector(`script.${name}`)?.textContent ?? "";
  // An address may name another view than the first: of a lesson another step, of a room one with the same title.
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  const steps = [...document.querySelectorAll("template")]; // of a lesson, but the first
  const step = Number(location.hash.slice(1));
  const at = step > steps.length + 2 ? 1 : Math.min(step, steps.length + 1); // the end has the last step's page
  const others = steps.length ? steps[at - 2]?.content.children : location.hash && main.children[0] && [main.children[0]];
  if (others) main.replaceChildren(...others);
  addEventListener("DOMContentLoaded", async () => {
    await shown();
    const signs = atob(held("code"));
    const packed = new Uint8Array(signs.length);
    for (let at = 0; at < signs.length; at++) packed[at] = signs.charCodeAt(at);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    add("importmap", await new Response(stream).text());
    add("module", held("start"));
  });
}
