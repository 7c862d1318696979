// Prints the tables of pictures whose answers a test has written to files:
//
//   node tests/js/tables.js CASES.json
//
// CASES = { picture: { main, answers: { name: file }, view } }. The view is what a browser has drawn.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { unpack } from "../../hnviz/app/kit/js/arrays.js";
import { page } from "./browser.js";

page();
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const told = {};
for (const [name, { main, answers, view }] of Object.entries(cases)) {
  const { render } = await import(pathToFileURL(main).href);
  const read = (file) => unpack(new Uint8Array(readFileSync(file)).buffer);
  const got = Object.fromEntries(Object.entries(answers).map(([name, file]) => [name, read(file)]));
  const drawing = { answer: Object.values(got)[0] ?? null, answers: got, settings: {}, alt: name };
  const table = typeof render.table === "string" ? [] : render.table(drawing, view);
  told[name] = table.map(({ caption, columns, n, row }) => ({ caption, columns, rows: Array.from({ length: n }, (_, at) => row(at)) }));
}
process.stdout.write(JSON.stringify(told));
