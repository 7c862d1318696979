// Reads {held, blobs, asked} from stdin; prints what the source of an exported file answers. asked: [path, params] each.

import { Blobs } from "../../hnviz/export/js/blobs.js";
import { FileSource } from "../../hnviz/export/js/filesource.js";
import { Runs } from "../../hnviz/export/js/runs.js";

let text = "";
for await (const piece of process.stdin) text += piece;
const { held, blobs, asked } = JSON.parse(text);
const packed = new Blobs(blobs);
const source = new FileSource(held, packed, new Runs(held.runs, packed));

async function answer([path, params]) {
  const { meta, arrays } = await source.get(source.address(path, params));
  const plain = Object.entries(arrays).map(([name, { data, shape }]) => [name, { data: [...data], shape, kind: data.constructor.name }]);
  return { meta, arrays: Object.fromEntries(plain) };
}

console.log(JSON.stringify(await Promise.all(asked.map(answer))));
