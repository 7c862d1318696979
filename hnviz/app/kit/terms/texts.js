// @ts-check
// The texts that a page shows, in reading order, those in its pictures too. Nothing is changed in
// them: Streamlit and the pictures own them.

const LEFT_OUT = [
  "button, select, option, textarea, input, a, table, svg, canvas, pre, code, style, script",
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

/**
 * Whether a press on a text does something already.
 * @param {Element|null|undefined} element
 */
export const isTaken = (element) => Boolean(element?.closest("a, button, input, select, textarea, label, summary, canvas, svg, [tabindex], [role=button]"));

/** @param {Text} text */
export const isShown = (text) => text.parentElement?.checkVisibility?.({ visibilityProperty: true }) ?? true;
