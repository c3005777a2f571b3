#!/usr/bin/env bash
# Run the quick tests against the wheel in dist/, in an environment of its own, away from the checkout's package.
# LOWEST=1 takes the lowest versions of the direct dependencies that pyproject.toml allows.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
${PYTHON:-python3} -m venv "$folder/venv"
python="$folder/venv/bin/python"
[ -x "$python" ] || python="$folder/venv/Scripts/python"
wheel=$(ls dist/*.whl)

"$python" -m pip install --quiet --disable-pip-version-check "$wheel[dev]"
if [ -n "${LOWEST:-}" ]; then
    "$python" - <<'END' >"$folder/lowest.txt"
import re, tomllib

project = tomllib.load(open("pyproject.toml", "rb"))["project"]
# With pytest as well: a new one does not run with an old anyio.
pytest = [tool for tool in project["optional-dependencies"]["dev"] if tool.startswith("pytest>")]
for requirement in project["dependencies"] + pytest:
    name, lowest = re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()
    print(f"{name}=={lowest}")
END
    "$python" -m pip install --quiet --disable-pip-version-check --requirement "$folder/lowest.txt"
fi

# The tests beside the wheel, and not beside the package's sources.
cp -r tests examples scripts benchmarks docs *.md .github pyproject.toml Makefile mkdocs.yml "$folder/"
cd "$folder"
"$python" -c 'import asyncworker; assert "site-packages" in asyncworker.__file__, asyncworker.__file__; print(asyncworker.__file__)'
# The words of the sources are the checkout's to test.
"$python" -m pytest -q -m "not server and not browser and not slow and not soak" --ignore tests/test_words.py "$@"
