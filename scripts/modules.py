"""Print every module of the package with its role: the first line of its docstring."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1] / "asyncworker"


def main() -> None:
    for path in sorted(ROOT.rglob("*.py"), key=lambda path: (path.parent, path.name)):
        if {"temporal", "google"} & set(path.parts):
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
        print(f"{path.relative_to(ROOT).as_posix():40} {docstring.partition(chr(10))[0]}")


if __name__ == "__main__":
    main()
