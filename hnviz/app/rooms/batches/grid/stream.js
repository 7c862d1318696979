// A token stream as a file: uint32 length of a JSON header, the header, one or two bytes a token.

import { fetchOnce } from "../../../kit/js/fetch.js";

const parsed = new Map(); // address -> stream

/** Load a stream: { ids, words, kinds, nTokens }; words and kinds by id. */
export async function loadStream(address) {
  const buffer = await fetchOnce(address, "arrayBuffer");
  const href = String(address);
  if (!parsed.has(href)) parsed.set(href, parse(buffer));
  return parsed.get(href);
}

function parse(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const Ids = header.bytes === 1 ? Uint8Array : Uint16Array;
  const ids = new Ids(buffer, 4 + length);
  return { ids, words: header.words, kinds: header.kinds, nTokens: ids.length };
}
