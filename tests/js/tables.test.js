// "As a table": every picture declares its tables, and the parts that all of them use.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { cellText, chartTables, csv, HAS_NONE, listed } from "../../hnviz/app/kit/js/tables.js";
import { page } from "./browser.js";

const APP = new URL("../../hnviz/app/", import.meta.url);

test("every picture declares its tables, or says why it has none", async () => {
  page();
  const mains = readdirSync(APP, { recursive: true }).filter((each) => each.endsWith("main.js"));
  assert.ok(mains.length > 30);
  for (const main of mains) {
    const { render } = await import(new URL(main, APP).href);
    const { table, rows } = render;
    assert.ok(typeof table === "function" || Object.values(HAS_NONE).includes(table), `${main} declares no table`);
    assert.equal(typeof rows === "function", table === HAS_NONE.table, `${main} is a table without rows for a file, or has two`);
  }
});

test("a chart's curves are columns, by x; a point that a curve lacks is empty", () => {
  const layout = { xaxis: { title: { text: "step" } }, yaxis: { title: { text: "loss<br>per token" } }, yaxis2: { title: { text: "lr" } } };
  const data = [
    { name: "train", x: [0, 1, 2], y: [3, 2, null] },
    { name: "valid", x: [2], y: [2.5] },
    { name: "lr", x: [1], y: [0.1], yaxis: "y2" },
    { x: [9], y: [9] },
  ];
  const [table] = chartTables("Loss", { data, layout });
  assert.deepEqual(table.columns, [{ title: "step" }, { title: "train", unit: "loss per token" }, { title: "valid", unit: "loss per token" }, { title: "lr", unit: "lr" }]);
  assert.deepEqual([0, 1, 2].map(table.row), [[0, 3, null, null], [1, 2, null, 0.1], [2, null, 2.5, null]]);
  assert.equal(table.n, 3);
  assert.deepEqual(chartTables("Loss", { data: [], layout }), []);
});

test("each plot of a chart is a table; a line across it has its figure in every row", () => {
  const percent = { tickvals: [0, 100], ticktext: ["0 %", "100 %"] };
  const annotations = [{ xref: "x2 domain", yref: "y2 domain", text: "<b>valid</b>" }];
  const layout = { xaxis: { title: { text: "" } }, xaxis2: { title: { text: "step" } }, yaxis: percent, yaxis2: { tickvals: [0, 1], ticktext: ["0 %", "100 %"] }, annotations };
  const data = [
    { name: "best", x: [-1, 9], y: [25, 25], hoverinfo: "skip" },
    { name: "train", x: [4, 8], y: [50, 60] },
    { name: "valid", x: [4], y: [0.4], xaxis: "x2", yaxis: "y2" },
  ];
  const [above, below] = chartTables("Accuracy", { data, layout });
  assert.deepEqual([above.caption, below.caption], ["Accuracy", "Accuracy: valid"]);
  assert.deepEqual(above.columns, [{ title: "step" }, { title: "best", unit: "%" }, { title: "train", unit: "%" }]);
  assert.deepEqual([0, 1].map(above.row), [[4, 25, 50], [8, 25, 60]]);
  assert.deepEqual(below.columns[1], { title: "valid", unit: "share" });
});

test("a cell has four digits, and says nothing where there is no number", () => {
  const read = [12345, 0.123456, 1.5e-7, NaN, null, undefined, true, false, "one"];
  assert.deepEqual(read.map(cellText), ["12,345", "0.1235", "1.50e-7", "", "", "", "yes", "no", "one"]);
});

test("the copy holds every row, to the digits of a float32, and runs no formula", () => {
  const columns = [{ title: "word" }, { title: "share", unit: "a,b" }];
  const rows = [["one, two", new Float32Array([0.1])[0]], ['say "x"', 12345.678], ["=1+1", NaN], ["-a", -2], ["-1+cmd", -1e-9], [" @x", 1], ["+", null]];
  assert.equal(
    csv(listed("", columns, rows)),
    'word,"share (a,b)"\r\n"one, two",0.1\r\n"say ""x""",12345.68\r\n\'=1+1,\r\n\'-a,-2\r\n\'-1+cmd,-1e-9\r\n\' @x,1\r\n\'+,',
  );
});
