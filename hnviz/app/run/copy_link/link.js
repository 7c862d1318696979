// @ts-check
// The address that a link has.

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
