// @ts-check
// Unpacks the modules of a file and starts the first. It is no module, as an import map must come before any.
{
  const { code, start } = JSON.parse(document.getElementById("data")?.textContent ?? "");
  const packed = Uint8Array.from(atob(code), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const add = (/** @type {string} */ type, /** @type {string} */ textContent) =>
    document.body.append(Object.assign(document.createElement("script"), { type, textContent }));
  new Response(stream).text().then((imports) => {
    add("importmap", imports);
    add("module", start);
  });
}
