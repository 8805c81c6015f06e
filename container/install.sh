#!/bin/sh
# Installs what serving needs into a folder of its own: container/install.sh FOLDER [PYTHON]
#
# The Containerfile calls it, and so can anybody: what the image runs is FOLDER/bin/papertape. It
# builds the wheel and takes the pinned packages of the extra `server` with their hashes, compiles
# everything once and for all, and leaves no installer behind. It needs Python 3.11 or newer with
# pip, and the package index.
set -eu
into=${1:?usage: container/install.sh FOLDER [PYTHON]}
python=${2:-python3}
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quiet="--quiet --disable-pip-version-check --no-input --no-compile"
pinned="--require-hashes --only-binary :all:"

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install $quiet $pinned -r "$source/requirements/build.txt"
(cd "$source" && "$work/build/bin/python" -m hatchling build -t wheel -d "$work/dist" >/dev/null)

rm -rf "$into"
"$python" -m venv --without-pip "$into"
install() {
    "$work/build/bin/python" -m pip --python "$into/bin/python" install $quiet "$@"
}
install $pinned -r "$source/requirements/serve.txt"
install --no-deps --no-index "$work"/dist/*.whl

# Sources and bytecode never change again, so nothing is compared at a start. Tests of others and
# type stubs are not needed to serve.
find "$into/lib" -depth -type d \( -name tests -o -name test \) -path '*/site-packages/*/*' \
    -exec rm -rf {} +
find "$into/lib" -name '*.pyi' -delete
"$into/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$into/lib"
PYTHONDONTWRITEBYTECODE=1 "$into/bin/papertape" --version
