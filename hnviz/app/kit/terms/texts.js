// @ts-check
// The texts that a page shows, in reading order, those in its pictures too. Nothing is changed in
// them: Streamlit and the pictures own them.

const LEFT_OUT = [
  "h1, button, select, option, textarea, input, label, summary, a, table, svg, canvas, pre, code, style, script",
  ".hnviz-as-table, .hnviz-words, [hidden], [aria-hidden=true], [popover]",
].join(", ");

/**
 * @param {Node} root
 * @returns {Generator<Text>}
 */
export function* textsOf(root) {
  for (const node of root.childNodes) {
    if (node instanceof Text) {
      if (node.data.trim().length > 1) yield node;
    } else if (node instanceof Element && !node.matches(LEFT_OUT)) {
      if (node.shadowRoot) yield* textsOf(node.shadowRoot);
      yield* textsOf(node);
    }
  }
}

/** @param {Text} text */
export const isShown = (text) => text.parentElement?.checkVisibility?.({ visibilityProperty: true }) ?? true;
