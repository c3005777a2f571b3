"""What is told of the machine: what psutil says, and nothing in its place."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from asyncworker.worker.control._host_info import HostInfoReader
from asyncworker.worker.slots._system import System


def test_host_usage_is_in_fractions():
    """CPU and memory are fractions of what there is."""
    reader = HostInfoReader()
    reader.read(0.0)

    host = reader.read(1.0)

    assert (host.name, host.process_id) == (socket.gethostname(), os.getpid())
    assert 0 < host.memory <= 1
    assert 0 <= host.cpu <= 1


def test_host_usage_is_0_without_psutil(monkeypatch):
    """Where psutil is not installed the figures are 0, and the rest is told all the same."""
    monkeypatch.setitem(sys.modules, "psutil", None)

    host = HostInfoReader().read(0.0)

    assert (host.process_id, host.cpu, host.memory) == (os.getpid(), 0.0, 0.0)


@pytest.mark.parametrize("method", ["__init__", "__call__"])
def test_counters_that_cannot_be_read_cost_the_usage_alone(monkeypatch, method):
    """A machine that hides its counters costs the figures, not the heartbeat."""

    def hidden(*_: object) -> None:
        raise PermissionError("/proc/stat")

    monkeypatch.setattr(System, method, hidden)
    reader = HostInfoReader()

    assert [reader.read(now).memory for now in (0.0, 1.0)] == [0.0, 0.0]


def test_readings_in_quick_succession_keep_the_cpu_usage():
    """What was last known of the CPU stands where the next look comes too soon to tell."""
    reader = HostInfoReader()
    reader.read(0.0)
    cpu = reader.read(1.0).cpu

    assert reader.read(1.001).cpu == cpu
