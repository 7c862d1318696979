// @ts-check
// Takes a class's code, or the teacher's secret, from the address or by hand; then lists the lessons.
// What follows "#" in an address is never sent to a server, so no log has it.

import { ClassRoom } from "../../../kit/class/class.js";
import { post } from "../../../kit/class/line.js";
import { asSentence } from "../../../kit/js/text.js";

const TEACHER = "teacher=";

const home = new URL("../", location.href);
const room = new ClassRoom(home);
const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const code = /** @type {HTMLInputElement} */ (document.querySelector("#code"));
const button = /** @type {HTMLButtonElement} */ (document.querySelector("button"));
const trouble = /** @type {HTMLElement} */ (document.querySelector("#trouble"));
const inside = /** @type {HTMLElement} */ (document.querySelector("section"));
const who = /** @type {HTMLElement} */ (document.querySelector("#who"));
const list = /** @type {HTMLElement} */ (document.querySelector("ul"));

/** @param {() => Promise<void>} act */
async function attempt(act) {
  button.disabled = true;
  trouble.textContent = who.textContent = "";
  try {
    await act();
  } catch (error) {
    form.hidden = false;
    who.textContent = "";
    trouble.textContent = asSentence(/** @type {Error} */ (error).message);
    code.select();
  }
  button.disabled = false;
}

async function enter() {
  who.textContent = "Joining … When many students join at once, this takes up to a minute.";
  await show(await room.join(code.value));
}

/** @param {number} number the student's */
async function show(number) {
  const { lessons } = await (await fetch(new URL("api/class", home))).json();
  form.hidden = true;
  inside.hidden = false;
  who.textContent = `You are in the class as student ${number}. Your answers carry no name and no number.`;
  list.replaceChildren(...Object.entries(lessons).map(([id, title]) => lesson(id, title)));
}

/**
 * @param {string} id
 * @param {unknown} title
 */
function lesson(id, title) {
  const link = document.createElement("a");
  link.href = new URL(`class/lesson/${encodeURIComponent(id)}`, home).href;
  link.textContent = String(title);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

async function begin() {
  const asked = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname); // nobody reads it off the projector
  if (asked.startsWith(TEACHER)) {
    await attempt(async () => {
      await post(home, "teach", { secret: asked.slice(TEACHER.length) });
      location.replace(new URL("class", home));
    });
    return;
  }
  code.value = asked;
  if (asked || room.joined) await attempt(enter);
  else form.hidden = false;
}

form.onsubmit = (/** @type {Event} */ event) => {
  event.preventDefault();
  attempt(enter);
};
addEventListener("hashchange", begin);
begin();
