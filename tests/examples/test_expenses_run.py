"""The expense approval, as `make expenses` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

pytestmark = pytest.mark.server


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
async def test_interrupt_ends_the_expenses_app_without_a_traceback():
    """Ctrl-C ends the example without a traceback, as it says."""
    command = [sys.executable, "-m", "examples.expenses"]
    root, environment = Path(__file__).parents[2], {**os.environ, "PORT": "0"}
    with anyio.fail_after(50):
        async with await anyio.open_process(command, cwd=root, env=environment, stderr=subprocess.PIPE) as process:
            output = BufferedByteReceiveStream(process.stdout)
            line = (await output.receive_until(b"\n", 10_000)).decode()
            assert "Ctrl-C ends it." in line
            await until_it_listens(int(re.findall(r"http://127.0.0.1:(\d+), look", line)[0]))
            process.send_signal(signal.SIGINT)
            said = b"".join([chunk async for chunk in process.stderr])

    assert b"Traceback" not in said
    assert process.returncode == 0


async def until_it_listens(port: int) -> None:
    while True:
        try:
            await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
        except OSError:
            await anyio.sleep(0.05)
        else:
            return
