#!/bin/sh
# Writes docs/deploy/requirements.lock: of each package the version in VENV, which the tests have run
# with, and its hashes: sh .ci/lock.sh VENV
# uv has an environment of its own, VENV/lock, as it is no part of the app.
set -eu
venv=$1 own=$1/lock
[ -x "$own/bin/uv" ] || "$venv/bin/python" -m venv "$own"
"$own/bin/python" -m pip install --disable-pip-version-check --quiet 'uv>=0.9,<1'
"$venv/bin/python" -m pip freeze | sed 's/+.*//' >"$own/tested.txt" # a local version is on no index
"$own/bin/uv" pip compile requirements.txt --constraint "$own/tested.txt" --generate-hashes --universal --python-version 3.11 \
    --upgrade --quiet --no-header --output-file docs/deploy/requirements.lock
