#!/bin/sh
# Creates the virtual environment unless a working one exists, and installs one requirements file.
#   PYTHON=python3 PIP_ARGS= sh .ci/install.sh VENV REQUIREMENTS STAMP
# Success touches STAMP and prints nothing on stdout. A failure prints one sentence there, without a
# full stop, for make's $(error). Progress goes to stderr.
set -u
venv=$1 requirements=$2 stamp=$3
python=$venv/bin/python
log=$venv/pip.log

fail() {
    printf '%s' "$1" | tr -s '[:space:]' ' '
    exit 0
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if ! is_new_enough "$python"; then
    version=$("$PYTHON" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
        fail "hnviz needs Python 3.11 or newer, and $PYTHON does not run; install one, or name it: make PYTHON=/path/to/python3"
    is_new_enough "$PYTHON" ||
        fail "hnviz needs Python 3.11 or newer, but $PYTHON is Python $version; name a newer one: make PYTHON=python3.12"
    "$PYTHON" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "the venv module of $PYTHON is missing; install it (Debian, Ubuntu: apt install python3-venv) and run make again"
    said=$("$PYTHON" -m venv --clear "$venv" 2>&1) ||
        fail "the virtual environment $venv could not be created; Python says: $(printf '%s' "$said" | tail -n 1)"
fi

echo "Installing the packages in $requirements into $venv." >&2
if grep -q '^torch' "$requirements"; then
    echo "PyTorch is the largest: about 3 GB on Linux with CUDA. For the CPU build, about 200 MB, add" >&2
    echo "PIP_ARGS='--extra-index-url URL' to make, with pytorch.org's URL for the platform CPU." >&2
fi
quiet=
[ -t 2 ] || quiet=--quiet
# PIP_ARGS is unquoted so that the shell splits it.
# shellcheck disable=SC2086
"$python" -m pip install --disable-pip-version-check $quiet -r "$requirements" ${PIP_ARGS:-} >&2 2>"$log" ||
    fail "the packages in $requirements could not be downloaded and installed; check the network, the disk and PIP_ARGS, then run make again; pip says: $(grep '^ERROR' "$log" | tail -n 1 | sed 's/^ERROR: *//; s/[. ]*$//') (more in $log)"
touch "$stamp" || fail "the file $stamp could not be written"
