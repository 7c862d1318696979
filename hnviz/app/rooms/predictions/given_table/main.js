// The share of right numbers by how many are given: one row each, filled when its answer arrives.

import { picture } from "../../../kit/js/picture.js";
import { accuracy, unbroken } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

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
    const given = Object.keys(answers).map(Number).sort((one, other) => one - other);
    this.rows.replaceChildren(...given.map((each) => row(each, answers[each]?.meta.shares, each === settings.given)));
  }
}

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
  create: (body) => new GivenTable(body),
});
