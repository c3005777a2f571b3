"""What needs a library that is not installed says which extra brings it, where it is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

for name in [name for name in sys.modules if name.partition(".")[0] == {library!r}]:
    del sys.modules[name]
sys.meta_path.insert(0, Missing())
{use}
"""


@pytest.mark.parametrize(
    ("library", "use", "extra"),
    [
        ("itsdangerous", "import asyncworker.contrib.completion", "completion"),
        ("sse_starlette", "import asyncworker.contrib.progress", "progress"),
        ("temporalio", "import asyncworker.contrib.temporalio", "temporalio"),
        ("prometheus_client", "from asyncworker.contrib.temporalio import PrometheusMetricMeter", "prometheus"),
        ("starlette", "import asyncworker.contrib.codec_server", "codec-server"),
        ("obstore", "import asyncworker.contrib.s3", "s3"),
    ],
)
def test_an_import_without_its_library_names_the_extra(library, use, extra):
    """The error is a ModuleNotFoundError with the command to type."""
    code = WITHOUT.format(library=library, use=use)

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f'pip install "temporal-asyncworker[{extra}]"' in done.stderr
