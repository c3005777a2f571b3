#!/usr/bin/env bash
# Run the tests on each Python that asyncworker supports, each in an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    # A launcher of that name, or one that pyenv keeps.
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if "$candidate" -c "import sys; assert '%d.%d' % sys.version_info[:2] == '$1'" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

failed=()
for version in ${VERSIONS:-3.11 3.12 3.13}; do
    if ! python=$(find_python "$version"); then
        echo "Python $version was not found"
        failed+=("$version (not found)")
        continue
    fi
    echo "== Python $version"
    make --no-print-directory install PYTHON="$python" VENV=".venv-$version"
    ".venv-$version/bin/python" -m pytest -q --numprocesses 4 --dist worksteal || failed+=("$version")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed on: ${failed[*]}"
    exit 1
fi
echo "passed on all"
