#!/bin/sh
# Checks the JavaScript: ESLint, types in files with // @ts-check, and unit tests.
# Without node and npm it prints a note and succeeds, or fails if HNVIZ_REQUIRE_BROWSER is set.
set -eu
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "The JavaScript was not checked: node and npm are missing (Debian, Ubuntu: apt install nodejs npm)." >&2
    [ -z "${HNVIZ_REQUIRE_BROWSER:-}" ]
    exit
fi
tools=tests/js/node_modules/.bin
if [ ! -x "$tools/eslint" ] || [ tests/js/package.json -nt "$tools" ]; then
    npm install --prefix tests/js --silent
    touch "$tools"
fi
# Each looks again only at files that have changed; tsc at those that import them, too.
cache=tests/js/node_modules/.cache
"$tools/eslint" -c tests/js/eslint.config.js --max-warnings 0 --cache --cache-strategy content \
    --cache-location $cache/eslint hnviz/app hnviz/browser hnviz/export hnviz/gallery hnviz/notebook tests/js/*.js
"$tools/tsc" -p tests/js/tsconfig.json --incremental --tsBuildInfoFile $cache/tsc.json
said=$(node --test tests/js/together.js $(grep -l globalThis tests/js/*.test.js) 2>&1) || {
    printf '%s\n' "$said"
    exit 1
}
printf '%s\n' "$said" | sed -n 's/^# \(pass\|fail\) /JavaScript tests: \1 /p'
