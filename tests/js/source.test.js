// The cache of answers: what is kept, what is shared, what ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpSource } from "../../hnviz/app/kit/js/http.js";
import { Refusal } from "../../hnviz/app/kit/js/source.js";
import { answer, json, server } from "./browser.js";

const source = () => new HttpSource(new URL("http://app/below/"));

test("an address is below the app's own, and leaves out what is not given", () => {
  const address = source().address("api/runs/Model5/0/units", { text: "a b", layer: null, v: "1-2" });
  assert.equal(address, "http://app/below/api/runs/Model5/0/units?text=a+b&v=1-2");
});

test("an answer with a version is asked for once, one without it again", async () => {
  const asked = server((url) => answer({ url }));
  const from = source();
  const [sure, loose] = [from.address("a", { v: "1" }), from.address("a")];
  for (const address of [sure, sure, loose, loose]) await from.get(address);
  assert.deepEqual(asked, [sure, loose, loose]);
  assert.equal(from.known(sure).meta.url, sure);
  assert.equal(from.known(loose), undefined);
});

test("two that ask the same at once share one request", async () => {
  const asked = server(() => answer({}));
  const from = source();
  await Promise.all([from.get("http://app/x?v=1"), from.get("http://app/x?v=1")]);
  assert.equal(asked.length, 1);
});

test("it has settled when all that was on its way has come or was refused", async () => {
  const ends = [];
  server(() => new Promise((come, refuse) => ends.push([come, refuse])));
  const from = source();
  const said = [from.get("http://app/x?v=1").then(() => "came"), from.get("http://app/y?v=1").catch(() => "refused")];
  const order = [...said, from.settled().then(() => "settled")].map((each) => each.then((word) => done.push(word)));
  const done = [];
  await new Promise((next) => setTimeout(next));
  ends[0][0](answer({}));
  ends[1][1](new Error("gone"));
  await Promise.all(order);
  assert.deepEqual([...done].sort(), ["came", "refused", "settled"]);
  assert.notEqual(done[0], "settled");
  await from.settled(); // with nothing on its way, at once
});

test("a request ends when nobody waits for it any more", async () => {
  let ended = 0;
  server((_url, { signal }) => {
    signal.addEventListener("abort", () => (ended += 1));
    return new Promise(() => {});
  });
  const from = source();
  const [one, other] = [new AbortController(), new AbortController()];
  const waits = [from.get("http://app/x?v=1", one.signal), from.get("http://app/x?v=1", other.signal)];
  one.abort();
  await assert.rejects(waits[0], { name: "AbortError" });
  assert.equal(ended, 0);
  other.abort();
  await assert.rejects(waits[1], { name: "AbortError" });
  assert.equal(ended, 1);
});

test("one who asks again before the last wait has ended still hears how far it is", async () => {
  let come;
  const first = new Promise((resolve) => (come = resolve));
  const progress = { sentence: "3 of 11 mini-batches are done.", seconds: 61.4, done: 3, of: 11 };
  const asked = server(() => (asked.length > 1 ? answer({}) : first));
  const from = source();
  const [old, heard] = [new AbortController(), []];
  const hear = (told) => heard.push(told.sentence);
  const left = from.get("http://app/x?v=1", old.signal, hear);
  old.abort();
  const waits = from.get("http://app/x?v=1", new AbortController().signal, hear);
  await assert.rejects(left, { name: "AbortError" });
  come(json({ progress }, 202));
  await waits;
  assert.deepEqual(heard, [progress.sentence]);
});

test("a refusal carries the server's sentence and status", async () => {
  server(() => json({ error: "layer must be from 0 to 1; got 7" }, 422));
  await assert.rejects(source().get("http://app/x"), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.message, error.status], ["layer must be from 0 to 1; got 7", 422]);
    return true;
  });
  server(() => new Response("<html>", { status: 502 }));
  await assert.rejects(source().get("http://app/x"), /answered with HTTP 502/);
  server(() => Promise.reject(new TypeError("no network")));
  await assert.rejects(source().get("http://app/x"), /The server does not answer/);
});

test("the oldest answers go when there are too many bytes", async () => {
  server((url) => answer({ pad: "x".repeat(40), url }));
  const from = source();
  await from.get("http://app/0?v=1");
  const each = from.keptBytes;
  from.keep("http://app/0?v=1", from.known("http://app/0?v=1"));
  assert.equal(from.keptBytes, each);
  from.keptBytes += 96 * 2 ** 20 - 1.5 * each; // as if others had filled it
  await from.get("http://app/1?v=1");
  assert.equal(from.known("http://app/0?v=1"), undefined);
  assert.ok(from.known("http://app/1?v=1"));
});
