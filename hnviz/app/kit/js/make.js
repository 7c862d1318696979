// Makes elements without innerHTML: words are data.

/** Return a function that appends an element to `root`, or to another parent. */
export function maker(root) {
  return (tag, name, parent = root, text = "") => {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    parent.append(element);
    return element;
  };
}
