"""The package's pytest plugin for processes that the tests start, as if the package had just been installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install_plugin(folder: Path) -> str:
    """Return a folder to import from in which the entry point is that pyproject.toml declares.

    What is installed may be older. Of two entry points of one name pytest takes the first.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / "installed" / "asyncworker_plugin-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: asyncworker-plugin\nVersion: 0\n")
    lines = [f"{name} = {value}" for name, value in project["entry-points"]["pytest11"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
    # From the names of its files pytest concludes what else belongs to the plugin.
    (info / "RECORD").write_text("asyncworker/__init__.py,,\n")
    return str(info.parent)
