// What Copy link copies.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBelow, forAll, lacksOf, linkOf, longIn, withTyped } from "../../hnviz/app/kit/js/link.js";
import { recorded } from "./recorded.js";

const PAGE = "http://127.0.0.1:8501/states?run=a&unit=3#x";

test("a link carries how the run was made, and of a pre-trained run nothing", () => {
  assert.equal(linkOf(PAGE, "Model3--lr-0.1", false), "http://127.0.0.1:8501/states?run=a&unit=3&made=Model3--lr-0.1");
  assert.equal(linkOf(`${PAGE.split("#")[0]}&made=old`, "", false), "http://127.0.0.1:8501/states?run=a&unit=3");
});

test("a locked link opens in present mode; its copy need not be locked", () => {
  const locked = linkOf(PAGE, "", true);
  assert.equal(locked, "http://127.0.0.1:8501/states?run=a&unit=3&lock=1&present=true");
  assert.equal(linkOf(locked, "", false), "http://127.0.0.1:8501/states?run=a&unit=3&present=true");
});

test("a link says what it does not hold, and that it opens on this computer only", (t) => {
  const at = (address) => lacksOf(`https://example.org/${address}`);
  assert.deepEqual(at("states?run=a"), []);
  const [text, ...others] = at("data?data_corpus=your+own&data_text=~0123456789abcdef0123");
  assert.deepEqual(others, []);
  recorded(t, text);
  assert.deepEqual(at("train?train_corpus=your%20own&train_text=~0123456789abcdef0123&run=a"), [text]);
  assert.deepEqual(at("train?train_corpus=human_numbers&train_text=~0123456789abcdef0123"), []);
  for (const typed of ["", "&batches_text=a+b", "&data_text=~0123456789abcdef0123"]) assert.deepEqual(at(`batches?batches_corpus=your+own${typed}`), []);
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const [first, said] = lacksOf(`http://${host}:8501/data?data_corpus=your+own&data_text=~0123456789abcdef0123`);
    assert.equal(first, text);
    assert.ok(said.includes(` ${host} `));
    recorded(t, said.replace(host, "HOST"));
  }
});

test("a sentence of up to 200 characters is in the link, a longer one has a name", (t) => {
  const at = (length) => `https://example.org/?machine_text=${"a+".repeat(length / 2)}`;
  assert.equal(longIn(at(200)), "");
  assert.equal(longIn(at(202)).length, 202);
  assert.equal(longIn("https://example.org/"), "");
  const link = withTyped(`${at(202)}&unit=3`, "~0123");
  assert.equal(link, "https://example.org/?machine_text=%7E0123&unit=3");
  const [said] = lacksOf(link);
  recorded(t, said);
  assert.deepEqual(lacksOf(at(200)), []);
});

test("a file has the address without what cannot travel", () => {
  const below = (href, home = "https://example.org/lab/") => addressBelow(href, new URL(home));
  assert.equal(below("https://example.org/lab/remember?run=LSTM&unit=3#x"), "https://example.org/lab/remember?run=LSTM&unit=3");
  assert.equal(below("http://127.0.0.1:8501/remember?run=LSTM", "http://127.0.0.1:8501/"), "http://127.0.0.1:8501/remember?run=LSTM");
  assert.equal(below("http://localhost:8501/?present=true&fit=start_reading&lesson=a.1", "http://localhost:8501/"), "http://localhost:8501/");
  assert.equal(below(`https://example.org/lab/feed?data_corpus=your+own&machine_text=${"a".repeat(201)}&cell=0-1-4`), "https://example.org/lab/feed?cell=0-1-4");
  assert.equal(below("file:///home/a/lesson.html?unit=3", "https://hnviz.invalid/"), "");
});

test("in a class a link from the teacher's own machine has the address that students use", () => {
  const others = "http://192.168.1.5:8501/below/";
  const shared = (href, home, other = others) => forAll(href, new URL(home), other);
  for (const host of ["127.0.0.1:8501", "localhost:8501", "[::1]:8501"]) {
    assert.equal(shared(`http://${host}/below/train?run=a#x`, `http://${host}/below/`), `${others}train?run=a#x`);
  }
  const there = "http://10.0.0.9:8501/below/train?run=a";
  assert.equal(shared(there, "http://10.0.0.9:8501/below/"), there);
  assert.equal(shared("http://127.0.0.1:8501/train", "http://127.0.0.1:8501/", ""), "http://127.0.0.1:8501/train");
});
