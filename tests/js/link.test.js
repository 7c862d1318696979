// What Copy link copies.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linkOf } from "../../hnviz/app/run/copy_link/link.js";

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
