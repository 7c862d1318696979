// The life cycle that all components share.
//
//   export const render = define({ styles: new URL("grid.css", import.meta.url), load, create });
//
// load(data, home) -> anything, or a promise of it: files that a drawing needs (optional)
// create(root)     -> view, once a mount: an object with
//   view.update({ data, files, theme, send })   at the first drawing, and when data or theme change
//   view.destroy()                              when the component leaves the page
// send(name, value) reports a state to Python. The view is reachable as root.view.

import { readTheme } from "./theme.js";

const fetched = new Map(); // address -> promise of its content, for the life of the tab

/** Fetch once per tab. `as` is "json", "text" or "arrayBuffer". */
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
  return fetched.get(href);
}

export function define({ styles, create, load = () => null }) {
  return async function render({ data, home, root, turn, setStateValue }) {
    const [css, tokens, files] = await Promise.all([
      fetchOnce(styles, "text"),
      fetchOnce(new URL(data.tokens, home), "json"),
      load(data, home),
    ]);
    if (root.turn === turn && root.isConnected) {
      if (!root.view) {
        const style = document.createElement("style");
        style.textContent = css;
        root.replaceChildren(style);
        root.view = create(root);
      }
      root.view.update({ data, files, theme: readTheme(root, tokens), send: setStateValue });
      root.dataset.ready = "1";
    }
    return () => {
      // Streamlit also calls this for a call that was overtaken: only the newest may tear down.
      if (root.turn !== turn || !root.view) return;
      root.view.destroy();
      root.view = null;
    };
  };
}
