#!/bin/sh
# Writes hnviz/vendor/gifenc: what writes GIF files (https://github.com/mattdesl/gifenc, MIT): sh .ci/gifenc.sh
# Its licence comes first: exported files hold the script. Without the line that names a source map, which is not here.
set -eu
version=1.0.3 into=hnviz/vendor/gifenc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "gifenc@$version" >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
mkdir -p "$into"
{ echo "/*"; cat "$work/package/LICENSE.md"; echo "*/"; grep -v "^//# sourceMappingURL" "$work/package/dist/gifenc.esm.js"; } >"$into/gifenc.esm.js"
install -m 644 "$work/package/LICENSE.md" "$into/LICENSE"
