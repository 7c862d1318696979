// @ts-check
// The page's own fonts for a PNG file: an image that is drawn from SVG knows those alone that it holds.

const OWN = { "sans-serif": "--st-font", monospace: "--st-code-font" };

/** @type {Map<string, Promise<string>>} family -> its faces as a style sheet */
const held = new Map();

/**
 * SVG with the fonts that the page shows it in, where these are files of the page.
 * @param {string} svg
 * @param {HTMLElement} root
 */
export async function withFonts(svg, root) {
  let [shown, sheet] = [svg, ""];
  for (const [kind, variable] of Object.entries(OWN)) {
    const used = `font-family="${kind}"`;
    const family = named(getComputedStyle(root).getPropertyValue(variable));
    if (!family || !svg.includes(used)) continue;
    if (!held.has(family)) held.set(family, facesOf(family));
    const faces = await held.get(family);
    if (!faces) continue;
    sheet += faces;
    shown = shown.replaceAll(used, `font-family="${family}, ${kind}"`);
  }
  return sheet ? shown.replace(/<svg [^>]*>/, (begin) => `${begin}<style>${sheet}</style>`) : svg;
}

/** @param {string} families CSS */
const named = (families) => families.split(",")[0].trim().replaceAll(/["']/g, "");

/** @param {string} family */
async function facesOf(family) {
  const rules = [...document.styleSheets].flatMap((sheet) => facesIn(sheet).map((rule) => ({ rule, base: sheet.href ?? document.baseURI })));
  const wanted = rules.filter(({ rule }) => named(rule.style.getPropertyValue("font-family")) === family && rule.style.getPropertyValue("font-style") !== "italic");
  const faces = await Promise.all(wanted.map(({ rule, base }) => faceOf(rule, base, family)));
  return faces.join("");
}

/**
 * @param {CSSStyleSheet} sheet
 * @returns {CSSFontFaceRule[]}
 */
function facesIn(sheet) {
  try {
    return [...sheet.cssRules].filter((rule) => rule instanceof CSSFontFaceRule);
  } catch {
    return []; // of another site
  }
}

/**
 * @param {CSSFontFaceRule} rule
 * @param {string} base
 * @param {string} family
 */
async function faceOf({ style }, base, family) {
  const [, address] = /url\("?([^")]+)/.exec(style.getPropertyValue("src")) ?? [];
  if (!address) return "";
  const answer = await fetch(new URL(address, base));
  if (!answer.ok) return "";
  const weight = style.getPropertyValue("font-weight") || "400";
  return `@font-face{font-family:"${family}";font-weight:${weight};src:url(${await inline(await answer.blob())})}`;
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>} a data address
 */
function inline(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
