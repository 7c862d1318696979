// A lesson's marks in a learning platform: scorm-again is the platform, and a plain object one that refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Scorm12API } from "scorm-again/scorm12";
import { findApi, Marks } from "../../hnviz/export/js/scorm.js";
import { recorded } from "./recorded.js";

const MOST_SUSPENDED = 4096; // characters, by SCORM 1.2; scorm-again takes more
const asks = (guess) => ({ title: "", text: "", point: "", guess });
const LESSON = {
  id: "mine",
  key: "mine",
  title: "Mine",
  next: null,
  steps: [
    asks({ kind: "choice", answers: ["one", "two"], truth: 1 }),
    asks(null),
    asks({ kind: "number", answers: [], low: 0, high: 200, unit: "%", truth: 100.5 }),
    asks({ kind: "curve", answers: ["1", "2"], low: 0, high: 10, unit: "", truth: [0, 10] }),
    asks({ kind: "square", answers: ["a", "b", "c", "d"], columns: 2, truth: 2 }),
  ],
};

/** A platform that goes on with what was kept. */
function platform(kept) {
  const api = new Scorm12API({ autocommit: false, logLevel: 5 });
  if (kept) api.loadFromJSON(kept);
  return api;
}

const keptBy = (api) => JSON.parse(JSON.stringify(api.renderCommitCMI(false)));
const silent = () => assert.fail("the platform refused");
const heard = (said) => said && silent();

function begun(api, lesson = LESSON, say = heard) {
  const marks = new Marks(lesson, api, say);
  return [marks, marks.begin()];
}

test("first answers become interactions and a score, and the end completes the lesson", () => {
  const api = platform();
  const [marks, at] = begun(api);
  assert.equal(at, 1);
  assert.equal(marks.store.read(), "{}");
  marks.store.write('{"mine.1":1,"other.1":3}');
  marks.store.write('{"mine.1":1,"mine.3":60.25}');
  marks.store.write('{"mine.1":1,"mine.3":60.25,"mine.4":[0,9.75],"mine.5":3}');
  marks.visit(3);
  const { cmi } = keptBy(api);
  assert.deepEqual(
    Object.values(cmi.interactions).map((each) => [
      each.id, each.type, each.student_response, each.correct_responses[0].pattern, each.result,
    ]),
    [
      ["mine.1", "choice", "1", "1", "correct"],
      ["mine.3", "numeric", "60.25", "100.5", "wrong"],
      ["mine.4", "performance", "0, 9.75", "0, 10", "correct"],
      ["mine.5", "fill-in", "row 2, column 2: d", "row 2, column 1: c", "wrong"],
    ],
  );
  assert.deepEqual(
    [cmi.core.score.raw, cmi.core.lesson_status, cmi.core.lesson_location],
    ["50", "incomplete", "3"],
  );
  marks.visit(6);
  marks.finish();
  const { cmi: last } = keptBy(api);
  assert.deepEqual([last.core.lesson_status, last.core.exit, last.core.lesson_location], ["completed", "suspend", "6"]);
  assert.equal(api.isTerminated(), true);
});

test("another visit goes on, and only the first answer counts", () => {
  const one = platform();
  const [marks] = begun(one);
  marks.store.write('{"mine.1":0,"mine.3":100}');
  marks.visit(4);
  marks.finish();
  const two = platform(keptBy(one));
  const [again, at] = begun(two);
  assert.equal(at, 4);
  assert.deepEqual(JSON.parse(again.store.read()), { "mine.1": 0, "mine.3": 100 });
  again.store.write("{}"); // Start again
  again.store.write('{"mine.1":1}');
  again.store.write('{"mine.1":1,"mine.5":2}');
  const { cmi } = keptBy(two);
  assert.equal(again.score, 50); // 3 and 5
  assert.equal(cmi.core.score.raw, "50");
  assert.deepEqual(
    Object.values(cmi.interactions).map(({ id, student_response }) => [id, student_response]),
    [["mine.1", "0"], ["mine.3", "100"], ["mine.5", "row 2, column 1: c"]],
  );
});

test("what an earlier visit left is taken as far as it is the lesson's", () => {
  for (const left of ["", "{", "null", "[1]", "3", '{"first":3,"now":null}', '{"first":{"1":"<b>"},"now":{"3":null,"4":[1,"2"]}}', '{"first":{"2":1,"9":1},"now":{"x":1}}']) {
    const api = platform();
    api.cmi.suspend_data = left;
    api.cmi.core.lesson_location = "seven";
    const [marks, at] = begun(api);
    assert.deepEqual([at, marks.first, marks.store.read()], [1, {}, "{}"], left);
  }
});

test("what is kept of the longest possible lesson has at most 4,096 characters", () => {
  const worst = Array(12).fill(-1.23456789e-300);
  const steps = Array.from({ length: 10 }, () =>
    asks({ kind: "curve", answers: worst.map(String), low: -1, high: 1, unit: "", truth: worst }));
  const api = platform();
  const [marks] = begun(api, { ...LESSON, steps });
  marks.store.write(JSON.stringify(Object.fromEntries(steps.map((_, at) => [`mine.${at + 1}`, worst]))));
  const { cmi } = keptBy(api);
  assert.equal(Object.keys(cmi.interactions).length, 10);
  assert.ok(Object.values(cmi.interactions).every((each) => each.student_response.length <= 255));
  assert.ok(cmi.suspend_data.length > 3000 && cmi.suspend_data.length < MOST_SUSPENDED, cmi.suspend_data.length);
});

test("a platform that refuses is named in one sentence, and gets all once it takes it", (t) => {
  const api = platform();
  const said = [];
  const [marks] = begun(api, LESSON, (sentence) => said.push(sentence));
  const commit = api.LMSCommit;
  api.LMSCommit = () => "false";
  marks.store.write('{"mine.1":1}');
  recorded(t, said.at(-1), 0);
  api.LMSCommit = () => {
    throw new Error("gone");
  };
  marks.store.write('{"mine.1":1,"mine.3":100}');
  recorded(t, said.at(-1));
  api.LMSCommit = commit;
  marks.visit(2);
  assert.equal(said.at(-1), "");
  assert.deepEqual(Object.values(keptBy(api).cmi.interactions).map(({ id }) => id), ["mine.1", "mine.3"]);
});

test("a platform that does not begin says why", (t) => {
  const api = platform();
  api.LMSInitialize("");
  const marks = new Marks(LESSON, api, silent);
  assert.throws(() => marks.begin(), (error) => (recorded(t, error.message, 101), true));
});

test("the platform's object is found in the frames around the page, and in the window that opened it", () => {
  const api = {};
  const top = { API: api };
  top.parent = top;
  assert.equal(findApi({ parent: { parent: top } }), api);
  const alone = {};
  alone.parent = alone.top = alone;
  assert.equal(findApi(alone), null);
  alone.opener = { parent: top };
  assert.equal(findApi(alone), api);
  const foreign = new Proxy({}, { get: () => { throw new Error("SecurityError"); } });
  assert.equal(findApi({ parent: foreign, top: foreign }), null);
  const far = Array.from({ length: 40 }).reduce((parent) => ({ parent }), top);
  assert.equal(findApi(far), null);
});
