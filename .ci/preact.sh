#!/bin/sh
# Writes hnviz/vendor/preact: preact (MIT) with its hooks, and htm (Apache 2.0), as one module without imports
# and without eval. The app needs no build step, and an exported file can hold it: sh .ci/preact.sh
set -eu
into=$PWD/hnviz/vendor/preact
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >entry.js <<'JS'
export { h, render } from "preact";
export { useLayoutEffect, useRef } from "preact/hooks";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);
JS
npm init -y >/dev/null
npm install --silent preact@11.2.0 htm@3.1.1 esbuild@0.28.2
npx esbuild entry.js --bundle --format=esm --minify --legal-comments=none --log-level=error --outfile=preact.js
install -m 644 preact.js "$into/preact.js"
install -m 644 node_modules/preact/LICENSE "$into/LICENSE-preact"
install -m 644 node_modules/htm/LICENSE "$into/LICENSE-htm"
