"""The interceptor for OpenTelemetry without a server; what it traces is in ``integration/test_tracing.py``."""

from __future__ import annotations

import subprocess
import sys


def test_missing_extra_is_named():
    """Without OpenTelemetry the import says which extra to install."""
    code = "import sys; sys.modules['opentelemetry'] = None; import asyncworker.contrib.opentelemetry"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 'needs opentelemetry: pip install "temporal-asyncworker[opentelemetry]"' in done.stderr
