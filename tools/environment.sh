#!/bin/sh
# Make or update .venv from the hash-pinned lock; instant when nothing has changed.
# With `checks`, .venv/checks beside it: napari with Qt and the readers of file formats, for tests that need them on PYTHONPATH. There
# they change nothing of what is installed from the first lock.
# Needs a Python in the supported range; uses uv where it is installed, else pip.
set -eu
cd "$(dirname "$0")/.."

lock=requirements/study.lock
stamp=.venv/semclear.stamp

# A command may exist and yet not run (a version manager's shim), or be out of range.
in_range='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
find_python() {
    for name in python3.12 python3.13 python3.11 python3; do
        if "$name" -c "$in_range" >/dev/null 2>&1; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    found=$(python3 --version 2>/dev/null || echo "no python3 at all")
    echo "semclear needs Python 3.11, 3.12 or 3.13 (TensorFlow has no wheels for others); found $found." >&2
    echo "Install one of them so that python3.12, for example, runs, and call make again." >&2
    exit 1
}

# Set pip() to a pip that installs into .venv; some systems package venv without one.
choose_pip() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        pip() { .venv/bin/python -m pip "$@"; }
    elif "$python" -m pip --version >/dev/null 2>&1; then
        pip() { "$python" -m pip --python .venv/bin/python "$@"; }
    else
        echo "$python has no pip; install python3-pip (or python3-venv, or uv) and call make again." >&2
        exit 1
    fi
}

environment() {
    wanted=$(cat "$lock" pyproject.toml tools/environment.sh src/semclear/__init__.py | cksum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c "$in_range" 2>/dev/null; then
        return
    fi

    python=$(find_python)
    if ! .venv/bin/python -c "$in_range" >/dev/null 2>&1; then
        rm -rf .venv
        if command -v uv >/dev/null 2>&1; then
            uv venv --quiet --python "$python" .venv
        elif ! "$python" -m venv .venv >/dev/null 2>&1; then
            # Then the system's pip fills the environment.
            rm -rf .venv
            "$python" -m venv --without-pip .venv
        fi
    fi
    rm -f "$stamp"

    if command -v uv >/dev/null 2>&1; then
        # Without compiled bytecode every import of TensorFlow costs three times as much.
        uv pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode "$lock"
        uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
    else
        choose_pip
        pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
        pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    fi
    echo "$wanted" > "$stamp"
}

checks() {
    more=requirements/checks.lock
    wanted=$(cat "$lock" "$more" tools/environment.sh | cksum)
    if [ -f .venv/checks/semclear.stamp ] && [ "$(cat .venv/checks/semclear.stamp)" = "$wanted" ]; then
        return
    fi
    rm -rf .venv/checks
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target .venv/checks -r "$more"
    else
        python=$(find_python)
        choose_pip
        pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .venv/checks -r "$more"
    fi
    echo "$wanted" > .venv/checks/semclear.stamp
}

environment
if [ "${1:-}" = checks ]; then
    checks
fi
