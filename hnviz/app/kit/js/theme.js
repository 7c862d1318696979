// Colours for canvas and SVG: the tokens of the mode that Streamlit is in.

/** Return the tokens of one mode, with `dark`, `font`, `code`, `letters` and the page's own colours. */
export function readTheme(root, tokens) {
  const css = getComputedStyle(root);
  const variable = (name) => css.getPropertyValue(`--st-${name}`).trim();
  const background = variable("background-color");
  const dark = isDark(background);
  // Otherwise, native fields (range, number) stay light in the dark theme.
  root.style.colorScheme = dark ? "dark" : "light";
  const mode = dark ? tokens.dark : tokens.light;
  for (const [name, value] of cssVariables(mode)) root.style.setProperty(name, value);
  return {
    ...mode,
    dark,
    letters: tokens.letters,
    background: background || mode.background,
    font: variable("font") || "sans-serif",
    codeFont: variable("code-font") || "monospace",
  };
}

/** The tokens as --hn-kind-comma, --hn-muted, ... for style sheets. */
function* cssVariables(mode, prefix = "--hn") {
  for (const [name, value] of Object.entries(mode)) {
    if (typeof value === "string") yield [`${prefix}-${name}`, value];
    else if (!Array.isArray(value)) yield* cssVariables(value, `${prefix}-${name}`);
  }
}

function isDark(color) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return red + green + blue < 384;
}
