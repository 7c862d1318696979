// @ts-check
// The address that a link has, and the one below a saved picture. No DOM.

/** This machine's own names, which lead nowhere on another one. */
const OWN = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * The address that a class's students use, for one that works on the teacher's machine alone.
 * @param {string} href of the page
 * @param {URL} home the app's address here
 * @param {string} other its address for students; "" if there is no class
 */
export function forAll(href, home, other) {
  return other && OWN.test(home.hostname) && href.startsWith(home.href) ? other + href.slice(home.href.length) : href;
}

const OWN_TEXT = "your own"; // hnviz/app/run/own_text.py

/**
 * What a link does not give its reader, a sentence each.
 * @param {string} link
 */
export function lacksOf(link) {
  const { hostname, searchParams } = new URL(link);
  const isOwn = [...searchParams].some(([name, value]) => name.endsWith("_corpus") && value === OWN_TEXT && searchParams.get(name.replace(/corpus$/, "text"))?.startsWith(STORED));
  return [
    ...(isOwn ? ["The link does not contain your own text: send the text as well."] : []),
    ...(searchParams.get(TYPED)?.startsWith(STORED) ? ["The long sentence is stored on this server, so the link works only here."] : []),
    ...(OWN.test(hostname) ? [`It works on this computer only: on another one, ${hostname} means that other computer.`] : []),
  ];
}

const STAYS = ["lesson", "lock", "present", "embed", "fit"]; // how this reader looks at it, and not what is shown
export const MOST_TYPED = 200; // characters of a text that an address holds

/**
 * The address below a saved picture, without what cannot travel; "" where the page is a file.
 * @param {string} href of the page
 * @param {URL} home the app's address
 */
export function addressBelow(href, home) {
  const url = new URL(href);
  if (!url.href.startsWith(home.href)) return "";
  url.hash = "";
  for (const [name, value] of [...url.searchParams]) {
    if (STAYS.includes(name) || value === OWN_TEXT || value.length > MOST_TYPED) url.searchParams.delete(name);
  }
  return url.href;
}

const TYPED = "machine_text"; // in the address
const STORED = "~"; // what the name of a stored text begins with: hnviz/runs/typed.py, hnviz/app/run/own_text.py

/**
 * A sentence that is too long for a link, "" if there is none.
 * @param {string} link
 */
export function longIn(link) {
  const text = new URL(link).searchParams.get(TYPED) ?? "";
  return text.length > MOST_TYPED ? text : "";
}

/**
 * @param {string} link
 * @param {string} name of its stored sentence
 */
export function withTyped(link, name) {
  const url = new URL(link);
  url.searchParams.set(TYPED, name);
  return url.href;
}

/**
 * @param {string} href of the page
 * @param {string} made the run's settings, "" for a run that every hnviz has
 * @param {boolean} locked
 */
export function linkOf(href, made, locked) {
  const url = new URL(href);
  url.hash = "";
  if (made) url.searchParams.set("made", made);
  else url.searchParams.delete("made");
  if (locked) for (const [name, value] of [["lock", "1"], ["present", "true"]]) url.searchParams.set(name, value);
  else url.searchParams.delete("lock");
  return url.href;
}
