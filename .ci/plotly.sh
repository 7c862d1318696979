#!/bin/sh
# Writes hnviz/vendor/plotly: the basic bundle of plotly.js (MIT), in the version that the plotly package in
# VENV carries: sh .ci/plotly.sh VENV
# A browser loads it in 1.2 MB; the package's own file has all kinds of charts, in 4.8 MB.
set -eu
venv=$1 into=hnviz/vendor/plotly
version=$("$venv/bin/python" -c '
import re
from importlib.resources import files
print(re.search(r"plotly\.js v(\S+)", (files("plotly") / "package_data/plotly.min.js").read_text()[:200])[1])')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "plotly.js-basic-dist-min@$version" >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
mkdir -p "$into"
install -m 644 "$work/package/plotly-basic.min.js" "$work/package/LICENSE" "$into"
