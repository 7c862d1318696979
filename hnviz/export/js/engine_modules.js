// @ts-check
// The address of the engine's worker in a page that is one file. A worker knows no import map, and one of a file may
// import nothing: so its modules become one, each as a function that returns what it exports.

const WORKER = "hnviz/browser/worker.js";
const IMPORT = /^import \{([^}]*)\} from "([^"]+)";/gm;
const EXPORT = /^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))/gm;

/** @type {string|undefined} */
let made;

/** The address for `new Worker`. */
export function workerAddress() {
  if (made === undefined) {
    const { imports } = JSON.parse(document.querySelector("script[type=importmap]")?.textContent ?? '{"imports":{}}');
    const source = ["const modules = {};", ...joined(WORKER, imports, new Set())].join("\n");
    made = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  }
  return made;
}

/**
 * A module, after those that it imports and that are not there yet.
 * @param {string} name
 * @param {Record<string, string>} sources name -> data address
 * @param {Set<string>} known names
 * @returns {string[]}
 */
function joined(name, sources, known) {
  if (known.has(name)) return [];
  known.add(name);
  const address = sources[name] ?? "";
  /** @type {string[]} */
  const before = [];
  /** @type {string[]} */
  const exported = [];
  const code = decodeURIComponent(address.slice(address.indexOf(",") + 1))
    .replace(IMPORT, (_, names, other) => {
      before.push(...joined(other, sources, known));
      return `const {${names.replaceAll(" as ", ": ")}} = modules["${other}"];`;
    })
    .replace(EXPORT, (_, word) => {
      exported.push(word);
      return "";
    });
  return [...before, `modules["${name}"] = (() => {\n${code}\nreturn { ${exported.join(", ")} };\n})();`];
}
