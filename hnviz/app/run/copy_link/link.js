// @ts-check
// The address that a link has.

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
