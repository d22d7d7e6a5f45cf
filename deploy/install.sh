#!/bin/sh
# Installs wim into a folder, from the locks alone. The Dockerfile runs these steps, and CI runs them in an empty
# environment:
#
#   deploy/install.sh pages FOLDER       the pages, built into a folder (Node 20.19 or newer); they belong into
#                                        src/service/pages before the project is installed, which runs without them too
#   deploy/install.sh packages PREFIX    what wim needs: wheels, bound by their hashes
#   deploy/install.sh project PREFIX     wim itself: built by the locked hatchling, with nothing looked up
#
# PREFIX becomes an environment without pip. PYTHON names another interpreter than python3 (3.11 or newer).
set -eu

step=${1:?pages, packages or project}
prefix=${2:?the folder to install into}
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}

case $step in
pages)
    # What a package would run at its installation is not run: nothing here needs it.
    npm --prefix "$root/web" ci --ignore-scripts --loglevel error
    npm --prefix "$root/web" run --silent build -- --outDir "$(mkdir -p "$prefix" && cd "$prefix" && pwd)" --logLevel warn
    exit
    ;;
packages | project) ;;
*)
    echo "unknown step $step: pages, packages or project" >&2
    exit 2
    ;;
esac

# pip and the build's own needs live beside the target and go at the end.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$python" -m venv "$tools/venv"
pip() {
    "$tools/venv/bin/python" -m pip --disable-pip-version-check --no-cache-dir "$@"
}
into_prefix() {
    pip --python "$prefix/bin/python" install --quiet --only-binary :all: "$@"
}

case $step in
packages)
    "$python" -m venv --without-pip "$prefix"
    into_prefix --require-hashes -r "$root/requirements/run.txt"
    ;;
project)
    pip install --quiet --require-hashes --only-binary :all: -r "$root/requirements/build.txt"
    pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir "$tools/dist" "$root"
    into_prefix --no-index --no-deps "$tools"/dist/*.whl
    cp "$root/deploy/health.py" "$prefix/health.py"
    "$prefix/bin/wim" --version
    ;;
esac
