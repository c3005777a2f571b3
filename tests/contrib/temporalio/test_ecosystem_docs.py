"""The page about agents does what it says."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from sides import ECOSYSTEM

from asyncworker.testing import DevServer

pytest.importorskip("pydantic_ai.durable_exec.temporal", reason=ECOSYSTEM)

PAGE = Path(__file__).parents[3] / "docs" / "agents.md"


async def test_the_page_about_agents_runs_from_top_to_bottom(dev_server: DevServer, monkeypatch: pytest.MonkeyPatch):
    """Against a real server, with the test model of the framework."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.target)
    text = PAGE.read_text(encoding="utf-8")
    # The flag of what is not run is a comment right above.
    blocks = re.findall(r"(?<!-->\n)^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    # A workflow's class has to be a module's.
    namespace: dict[str, Any] = {"__name__": "__main__"}
    async with asyncio.timeout(60):
        for source in blocks:
            code = compile(source, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            result = eval(code, namespace)
            if inspect.isawaitable(result):
                await result

    assert "rain in" in namespace["answer"]
