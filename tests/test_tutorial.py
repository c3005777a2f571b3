"""The tutorial's files are written, run, started, cancelled, tested and ended as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from installed_plugin import install_plugin
from shared_servers import SharedServer

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
_FILE = re.compile(r"^```\w+\n# (\w+\.\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Tutorial:
    """The reader's folder, and the files of the page in their order."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder = folder / "shop"
        self.folder.mkdir()
        self.files = _FILE.findall(PAGE.read_text(encoding="utf-8"))
        self._queue = f"tutorial-{uuid.uuid4().hex[:8]}"
        paths = [install_plugin(folder), str(Path(__file__).parents[1])]
        self._env = {**os.environ, "TEMPORAL_ADDRESS": target, "PYTHONPATH": os.pathsep.join(paths)}

    def write(self, *names: str) -> None:
        """Write each of these files as the page has it next."""
        for name in names:
            found = next(it for it in self.files if it[0] == name)
            self.files.remove(found)
            source = found[1].replace('task_queue="orders"', f'task_queue="{self._queue}"')
            (self.folder / name).write_text(source, encoding="utf-8")

    def run(self, *args: str) -> str:
        """Run Python to its end, and return what it has written."""
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run ``asyncworker run`` in the block; it ends well when it is told to."""
        command = [sys.executable, "-m", "asyncworker", "run", "orders:worker"]
        with subprocess.Popen(command, cwd=self.folder, env=self._env, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield
            finally:
                process.terminate()
                _, written = process.communicate(timeout=60)
        assert process.returncode == 0, written


@pytest.mark.slow
def test_the_tutorial_leads_to_a_tested_and_deployed_activity(tmp_path: Path, dev_server: SharedServer):
    """Each of its steps does what the page says."""
    tutorial = Tutorial(tmp_path, dev_server.target)

    tutorial.write("orders.py", "start.py")
    with tutorial.worker():
        assert tutorial.run("start.py") == "7: 2 packed\n"

    tutorial.write("orders.py", "cancel.py")
    with tutorial.worker():
        assert tutorial.run("start.py") == "7: 2 packed\n"
        assert tutorial.run("cancel.py").startswith("CancelledError: ")

    tutorial.write("orders.py", "pytest.ini", "test_orders.py")
    with tutorial.worker():
        assert tutorial.run("start.py") == "7: 2 packed\n"
        tutorial.run("-m", "asyncworker", "check", "orders:worker")

    for args in ((), ("--temporal=real",)):
        tutorial.run("-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", "-p", "no:cacheprovider", *args)

    assert tutorial.files == []
