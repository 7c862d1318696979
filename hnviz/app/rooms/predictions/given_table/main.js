// The share of right numbers by how many are given: one row each, filled when its answer arrives.

import { picture } from "../../../kit/js/picture.js";
import { accuracy, unbroken } from "../../../kit/js/text.js";
import { HAS_NONE, listed } from "../../../kit/js/tables.js";

const GIVEN = "numbers given";

class GivenTable {
  constructor(body) {
    this.table = document.createElement("table");
    this.head = this.table.createTHead().insertRow();
    this.rows = this.table.createTBody();
    body.append(this.table);
  }

  draw({ answer, answers, settings }) {
    this.head.replaceChildren(...[GIVEN, ...answer.meta.columns.map((name) => `right ${name}`)].map(heading));
    this.rows.replaceChildren(...givens(answers).map((each) => row(each, answers[each]?.meta.shares, each === settings.given)));
  }
}

/** The same for a file. */
function rows({ answer, answers }) {
  const shares = (given) => answers[given]?.meta.shares ?? answer.meta.columns.map(() => null);
  const columns = [{ title: GIVEN }, ...answer.meta.columns.map((name) => ({ title: `right ${name}`, unit: "share" }))];
  return [listed("Right whole numbers by how many are given", columns, givens(answers).map((given) => [given, ...shares(given)]))];
}

const givens = (answers) => Object.keys(answers).map(Number).sort((one, other) => one - other);

function heading(name) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.textContent = name;
  return cell;
}

function row(given, shares, isShown) {
  const made = document.createElement("tr");
  made.className = isShown ? "shown" : "";
  for (const text of [`${given}${isShown ? ", on the map" : ""}`, ...(shares?.map((share) => unbroken(accuracy(share))) ?? ["…", "…"])]) {
    made.insertCell().textContent = text;
  }
  return made;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.table,
  rows,
  create: (body) => new GivenTable(body),
});
