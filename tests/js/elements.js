// Elements without a browser: a tree that Preact and the kit write to, and whose words a test reads. What they only
// call, such as `focus`, does nothing.
import { page } from "./browser.js";

class Node {
  constructor(name, data = "") {
    Object.assign(this, { localName: name, data, nodes: [], parentNode: null, dataset: {}, classList: { add() {}, remove() {}, toggle() {}, contains: () => false } });
    Object.assign(this, { className: "", hidden: false, onclick: null, isConnected: true, namespaceURI: "", clientWidth: 0, offsetHeight: 0, style: { setProperty() {} } });
    this.nodeType = name === "#text" ? 3 : 1;
  }
  get childNodes() {
    return this.nodes;
  }
  get firstChild() {
    return this.nodes[0] ?? null;
  }
  get nextSibling() {
    return this.parentNode?.nodes[this.parentNode.nodes.indexOf(this) + 1] ?? null;
  }
  get textContent() {
    return this.data || this.nodes.map(({ textContent }) => textContent).join("");
  }
  set textContent(text) {
    this.replaceChildren(...(text ? [text] : []));
  }
  insertBefore(node, next) {
    node.remove();
    this.nodes.splice(next ? this.nodes.indexOf(next) : this.nodes.length, 0, node);
    node.parentNode = this;
    return node;
  }
  append(...nodes) {
    for (const each of nodes) this.insertBefore(each instanceof Node ? each : made("#text", String(each)), null);
  }
  replaceChildren(...nodes) {
    this.nodes = [];
    this.append(...nodes);
  }
  remove() {
    if (this.parentNode) this.parentNode.nodes = this.parentNode.nodes.filter((each) => each !== this);
  }
  getContext() {
    return { fillRect() {}, getImageData: () => ({ data: [255, 255, 255] }) };
  }
  addEventListener(name, call) {
    this[`on${name}`] = call;
  }
  setAttribute(name, value) {
    if (name === "class") this.className = value;
  }
  /** The elements below it that a test asks for, by a function. */
  all(is) {
    return [...(is(this) ? [this] : []), ...this.nodes.flatMap((each) => each.all(is))];
  }
  querySelectorAll() {
    return [];
  }
}

/** What else is called on it does nothing. */
const made = (name, data = "") => new Proxy(new Node(name, data), { get: (node, key, self) => (key in node || typeof key === "symbol" ? Reflect.get(node, key, self) : lacks(key)) });
const lacks = (key) => (/^(set|remove|dispatch|focus|blur|close|matches|closest|contains|querySelector|getBounding)/.test(key) ? () => null : undefined);

/** Puts them in the place of the browser's. Whoever looks at what is seen is told that all is, and later what `look` says. */
export function elements() {
  page();
  const lookers = new Set();
  globalThis.IntersectionObserver = class {
    constructor(call) {
      this.call = (isIntersecting) => call([{ isIntersecting }]);
    }
    observe() {
      lookers.add(this.call);
      this.call(true);
    }
    disconnect() {
      lookers.delete(this.call);
    }
  };
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.CustomEvent = Event;
  globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
  const create = { createElement: made, createElementNS: (_, name) => made(name), createTextNode: (text) => made("#text", text) };
  Object.assign(globalThis.document, create, { addEventListener() {}, querySelector: () => null });
  return { made, look: (isSeen) => lookers.forEach((call) => call(isSeen)) };
}
