"""Ports for servers that tests start: of a range from which the system takes none for connections meanwhile."""

from __future__ import annotations

import random
import socket

__all__ = ["free_address", "free_port"]

# Linux takes those of connections from 32768 on; tests in other processes choose from here, too.
_RANGE = range(12_000, 31_000)
_chosen = random.SystemRandom()


def free_port(*offsets: int) -> int:
    """Return a port of the loopback interface that is free, as are those so many above it."""
    while True:
        port = _chosen.choice(_RANGE)
        if all(map(_is_free, (port, *(port + offset for offset in offsets)))):
            return port


def free_address() -> str:
    """Return an address of the loopback interface, ``host:port``, whose port is free."""
    return f"127.0.0.1:{free_port()}"


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
