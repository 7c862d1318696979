// Converts the QTI 2.1 items of a folder to QTI 3, which players read: node qti.js FOLDER prints name -> XML.
import { convertQti2toQti3 } from "@citolab/qti-convert/qti-convert-node";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const found = {};
for (const name of readdirSync(folder)) found[name] = await convertQti2toQti3(readFileSync(join(folder, name), "utf8"));
process.stdout.write(JSON.stringify(found));
