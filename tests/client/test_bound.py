from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from far_end import FarEnd

from asyncworker.client import Client

FORK = """
import asyncio, os, sys

from asyncworker.client import Client
from far_end import FarEnd

far_end = FarEnd()
client = asyncio.run(Client.connect(transport=far_end, lazy=True))
pid = os.fork()
if pid:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
try:
    asyncio.run(client.count_activities())
except RuntimeError as error:
    print(error)
    asyncio.run(client.close())
    os._exit(far_end.is_closed)
os._exit(3)
"""


@pytest.mark.process
def test_a_forked_client_is_refused():
    """In a forked process the client says what to do, and lets the parent's connection be."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}

    done = subprocess.run(
        # From 3.12 on Python warns of the fork itself if there is a thread, as one that looked up an address.
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-u", "-c", FORK],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "connect after the fork, once in each process" in done.stdout


def test_a_client_stays_on_its_loop():
    """On another event loop the client says what to do."""
    client = asyncio.run(Client.connect(transport=FarEnd()))

    with pytest.raises(RuntimeError, match=r"belongs to another event loop: .* once in each asyncio.run\(\)"):
        asyncio.run(client.count_activities())


def test_a_lazy_client_belongs_to_where_it_is_first_used():
    """A client that has not been used yet can be used on any loop."""
    client = asyncio.run(Client.connect(transport=FarEnd(), lazy=True))

    assert asyncio.run(client.count_activities()).count == 0
