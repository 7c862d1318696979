#!/bin/sh
# Looks the installed packages up in a public list of known faults: sh .ci/audit.sh VENV
# pip-audit has an environment of its own, VENV/audit, as its packages are no part of the app. Where
# the list cannot be reached, nothing was looked up: one sentence says so, and the status is 1.
set -u
venv=$1 own=$1/audit list=https://api.osv.dev

stop() {
    echo "The audit was not done: $1." >&2
    exit 1
}

"$venv/bin/python" - "$list" <<'PYTHON' || stop "$list cannot be reached from here"
import sys
from urllib.error import HTTPError
from urllib.request import urlopen

try:
    urlopen(sys.argv[1], timeout=10)
except HTTPError:  # it answers
    pass
except OSError:
    sys.exit(1)
PYTHON
if [ ! -x "$own/bin/pip-audit" ]; then
    "$venv/bin/python" -m venv "$own" &&
        "$own/bin/python" -m pip install --disable-pip-version-check --quiet 'pip-audit>=2.7,<3' ||
        stop "pip-audit could not be installed"
fi
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
exec "$own/bin/pip-audit" --vulnerability-service osv --progress-spinner off --path "$packages"
