// The Start page: the note under the two counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noteOf } from "../../hnviz/app/rooms/start/count/note.js";

test("while a run trains, the note names the step of the words", () => {
  assert.equal(noteOf({ level: "word" }, null), "The bar under a word shows its probability.");
  assert.equal(noteOf({ level: "word" }, 0), "The bar under a word shows its probability. These words are from step 0.");
  assert.match(noteOf({ level: "char" }, 1044), /under a character .* These characters are from step 1,044\.$/);
});
