// @ts-check
// In place of the kit's modules that a page in a notebook does not need: hnviz/notebook/bundle.py.

/** A sandbox lets no file out. */
export class Save {
  filled() {
    return [];
  }

  entries() {
    return [];
  }

  destroy() {}
}

/** The picture fills its frame already. */
export class Alone {
  isOn = false;

  show() {}

  entries() {
    return [];
  }

  destroy() {}
}

/** There is no server. */
export class HttpSource {}
export class Live {}
