#!/usr/bin/env bash
# Run the tests of the bridge to temporalio on the oldest and the newest version that it supports, at the same time,
# each in an environment of its own; in that of the newest with packages whose activities others have written.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
# As the extra `temporalio` has it.
oldest="$("$python" -c '
import re, tomllib
with open("pyproject.toml", "rb") as file:
    (requirement,) = tomllib.load(file)["project"]["optional-dependencies"]["temporalio"]
print(re.search(r">=([\d.]+)", requirement)[1])
')"

environment() {
    local venv=".venv-bridge-$1"
    shift
    # Made again when what goes into it changes.
    if [ ! -e "$venv/.ready" ] || [ pyproject.toml -nt "$venv/.ready" ]; then
        "$python" -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check pytest pytest-timeout "$@"
        touch "$venv/.ready"
    fi
}

run() {
    # Warnings of other packages are theirs to heed.
    ".venv-bridge-$1/bin/python" -m pytest -q -W default -p no:cacheprovider tests/contrib/temporalio
}

environment oldest --editable '.[server,temporalio]' "temporalio==$oldest"
environment newest --editable '.[server,ecosystem]'
mkdir -p build
run oldest >build/bridge-oldest.txt 2>&1 &
first=$!
echo "== temporalio, newest"
failed=()
run newest || failed+=(newest)
wait "$first" || failed+=(oldest)
echo "== temporalio $oldest"
tail -n "$([[ " ${failed[*]-} " == *" oldest "* ]] && echo 200 || echo 12)" build/bridge-oldest.txt
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed on: ${failed[*]}"
    exit 1
fi
