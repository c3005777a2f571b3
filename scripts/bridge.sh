#!/usr/bin/env bash
# Run the tests of the bridge to temporalio on the oldest and the newest version that it supports, each in an
# environment of its own; in that of the newest with packages whose activities others have written.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
# As the extra `temporalio` has it.
oldest="$("$python" - <<'PYTHON'
import re
import tomllib

with open("pyproject.toml", "rb") as file:
    (requirement,) = tomllib.load(file)["project"]["optional-dependencies"]["temporalio"]
print(re.search(r">=([\d.]+)", requirement)[1] + ".0")
PYTHON
)"

failed=()
run() {
    local name=$1 venv=".venv-bridge-$1"
    shift
    echo "== temporalio, $name"
    # Made again when what goes into it changes.
    if [ ! -e "$venv/.ready" ] || [ pyproject.toml -nt "$venv/.ready" ]; then
        [ -e "$venv/bin/python" ] || "$python" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check pytest pytest-timeout "$@"
        touch "$venv/.ready"
    fi
    "$venv/bin/python" -m pip list 2>/dev/null | grep '^temporalio ' || true
    "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/contrib/temporalio || failed+=("$name")
}

run oldest --editable '.[server,temporalio]' "temporalio==$oldest"
run newest --editable '.[server,ecosystem]' --upgrade temporalio
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed on: ${failed[*]}"
    exit 1
fi
