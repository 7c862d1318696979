// Runs in one process what puts nothing in the place of a browser's globals: Node starts once.
import { readFileSync, readdirSync } from "node:fs";

const here = new URL(".", import.meta.url);
for (const name of readdirSync(here).filter((each) => each.endsWith(".test.js"))) {
  if (!readFileSync(new URL(name, here), "utf8").includes("globalThis")) await import(`./${name}`);
}
