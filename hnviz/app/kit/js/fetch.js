// @ts-check
// Files that a tab fetches only once: style sheets, colours, token streams.

/** @type {Map<string, Promise<any>>} address -> promise of its content */
const fetched = new Map();

/**
 * Fetch once per tab.
 * @param {URL|string} address
 * @param {"json"|"text"|"arrayBuffer"} as
 */
export function fetchOnce(address, as) {
  const href = String(address);
  if (!fetched.has(href)) {
    // The address holds a hash of the content, so a cached copy is never stale.
    const job = fetch(href, { cache: "force-cache" }).then((answer) => {
      if (!answer.ok) throw new Error(`${href.split("/").at(-1)}: HTTP ${answer.status}`);
      return answer[as]();
    });
    job.catch(() => fetched.delete(href)); // a failed load may be tried again
    fetched.set(href, job);
  }
  return /** @type {Promise<any>} */ (fetched.get(href));
}

/**
 * Give the content of an address, so that it is not fetched.
 * @param {string} href
 * @param {Promise<any>} content
 */
export function provide(href, content) {
  fetched.set(href, content);
}
