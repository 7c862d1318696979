// The types of preact.js, as far as hnviz uses it.

export type Node = unknown;
export function h(type: unknown, properties: unknown, ...children: unknown[]): Node;
export function html(strings: TemplateStringsArray, ...values: unknown[]): Node;
export function render(node: Node, into: Element): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: unknown[]): void;
export function useRef<Value>(first: Value): { current: Value };
