// @ts-check
// The gallery: an index of all pictures, frames with those that the query names, and in each frame
// one picture, mounted as Streamlit mounts it.
//
//   /?picture=hidden_states/units&state=ready&mode=dark&width=390    leave a field out to see all its values
//   /mount?...                                                       what is in the frame
//
// Each picture has a frame of its own: its style sheet depends on the window's width, and pictures
// in one window share a timeline and marks.

/**
 * @typedef {{ height: string, isolate: boolean, states: Record<string, any> }} Picture
 * @typedef {{ pictures: Record<string, Picture>, modes: Record<string, Record<string, string>>,
 *             widths: number[], styles: string[], tab: string }} Cases
 * @typedef {{ picture: string, state: string, mode: string, width: string }} Case
 */

const FIELDS = /** @type {(keyof Case)[]} */ (["picture", "state", "mode", "width"]);
const ROOT = new URL("./", location.href);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/** @param {Cases} cases */
function allOf(cases) {
  /** @type {Case[]} */
  const all = [];
  for (const [picture, { states }] of Object.entries(cases.pictures)) {
    for (const state of Object.keys(states)) {
      for (const mode of Object.keys(cases.modes)) {
        for (const width of cases.widths) all.push({ picture, state, mode, width: String(width) });
      }
    }
  }
  return all;
}

/**
 * @param {Cases} cases
 * @param {string} mode
 */
function dress(cases, mode) {
  for (const [name, value] of Object.entries(cases.modes[mode])) document.documentElement.style.setProperty(name, value);
  document.documentElement.style.colorScheme = mode;
}

/**
 * Mount one picture.
 * @param {Cases} cases
 * @param {Case} shown
 */
async function mount(cases, { picture, state, mode, width }) {
  const { height, isolate, states } = cases.pictures[picture];
  const data = states[state];
  dress(cases, mode);
  main.style.maxWidth = `${width}px`;
  await Promise.all(cases.styles.map(styled));
  const root = document.createElement("div");
  root.className = "hnviz";
  root.style.minHeight = height;
  (isolate ? main.attachShadow({ mode: "open" }) : main).append(root);
  tellHeight(root);
  const home = new URL(state === "error" ? "error/" : "", ROOT);
  if (state === "loading") await neverAnswer(cases, home);
  const { render } = await import(new URL(data.module, ROOT).href);
  Object.assign(root, { turn: 1 });
  await render({ data, home, root, turn: 1, setStateValue: () => {} });
}

/**
 * Load a style sheet of the app's pages: drawings made in Python use its classes.
 * @param {string} address
 */
function styled(address) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL(address, ROOT).href;
  const loaded = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
  document.head.append(sheet);
  return loaded;
}

/**
 * Block all answers and news: the tab's one source and connection wait for good. A route that
 * never answers would use up the browser's few connections to this server.
 * @param {Cases} cases
 * @param {URL} home
 */
async function neverAnswer(cases, home) {
  const { tabOf } = await import(new URL(cases.tab, ROOT).href);
  const { source, live } = tabOf(home);
  source.fetch = () => new Promise(() => {});
  live.connect = () => {};
}

/**
 * Make a frame as tall as its picture, and a line that says how high it is if no height is kept for it.
 * @param {Cases} cases
 * @param {Case} shown
 */
function frame(cases, shown) {
  const said = element("p", "");
  const made = document.createElement("iframe");
  made.src = `mount?${new URLSearchParams(shown)}`;
  made.title = FIELDS.map((field) => shown[field]).join(", ");
  made.loading = "lazy";
  made.width = shown.width;
  made.style.height = cases.pictures[shown.picture].height;
  made.onload = () => {
    const body = made.contentDocument?.body;
    if (body) new ResizeObserver(() => (made.style.height = `${body.scrollHeight + 2}px`)).observe(body);
  };
  made.addEventListener("height", (event) => {
    said.textContent = `${/** @type {CustomEvent<number>} */ (event).detail} px high`;
  });
  return [said, made];
}

/**
 * Tell the frame how high a picture is without the height that its place keeps, now and whenever that changes.
 * @param {HTMLElement} root
 */
function tellHeight(root) {
  const parts = new ResizeObserver(() => {
    const kept = root.style.minHeight;
    root.style.minHeight = "";
    const detail = root.offsetHeight;
    root.style.minHeight = kept;
    window.frameElement?.dispatchEvent(new CustomEvent("height", { detail }));
  });
  new MutationObserver(() => [...root.children].forEach((part) => parts.observe(part))).observe(root, {
    childList: true,
  });
}

/**
 * @param {string} tag
 * @param {string} text
 */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/**
 * @param {string} name
 * @param {Partial<Case>} query
 */
function link(name, query) {
  const made = document.createElement("a");
  made.textContent = name;
  made.href = `?${new URLSearchParams(/** @type {Record<string, string>} */ (query))}`;
  return made;
}

/**
 * Make the menu that chooses one value of a field, or all of them.
 * @param {keyof Case} field
 * @param {Case[]} all
 * @param {URLSearchParams} query
 */
function choice(field, all, query) {
  const select = document.createElement("select");
  select.append(new Option(`any ${field}`, ""));
  select.append(...[...new Set(all.map((each) => each[field]))].map((value) => new Option(value, value)));
  select.value = query.get(field) ?? "";
  select.onchange = () => {
    if (select.value) query.set(field, select.value);
    else query.delete(field);
    location.search = String(query);
  };
  const label = element("label", field);
  select.setAttribute("aria-label", field);
  label.append(select);
  return label;
}

/**
 * @param {Cases} cases
 * @param {URLSearchParams} query
 */
function index(cases, query) {
  const all = allOf(cases);
  const nav = document.createElement("nav");
  nav.append(...FIELDS.map((field) => choice(field, all, query)));
  main.className = "index";
  dress(cases, "light");
  main.append(element("h1", "Pictures of hnviz"), nav);
  if (!FIELDS.some((field) => query.has(field))) return list(cases);
  const shown = all.filter((each) => FIELDS.every((field) => (query.get(field) ?? each[field]) === each[field]));
  if (!shown.length) main.append(element("p", "No picture matches the address; choose above."));
  for (const each of shown) main.append(element("h2", FIELDS.map((field) => each[field]).join("  ")), ...frame(cases, each));
}

/** @param {Cases} cases */
function list(cases) {
  for (const [picture, { states }] of Object.entries(cases.pictures)) {
    main.append(element("h2", picture), ...Object.keys(states).map((state) => link(state, { picture, state })));
  }
}

async function show() {
  const cases = /** @type {Cases} */ (await (await fetch("cases.json")).json());
  const query = new URLSearchParams(location.search);
  if (!location.pathname.endsWith("/mount")) return index(cases, query);
  const asked = /** @type {Case} */ (Object.fromEntries(FIELDS.map((field) => [field, query.get(field) ?? ""])));
  const known = allOf(cases).some((each) => FIELDS.every((field) => each[field] === asked[field]));
  if (known) return mount(cases, asked);
  main.append(element("p", "No picture matches the address; see the index."));
}

show().catch((error) => {
  console.error("hnviz gallery:", error);
  main.append(element("p", `The gallery could not show this: ${error.message}`));
});
