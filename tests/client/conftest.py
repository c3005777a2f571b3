"""What the client's tests can ask for: a far end and a client of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from far_end import FarEnd

from asyncworker.client import Client


@pytest.fixture
def far_end() -> FarEnd:
    return FarEnd()


@pytest.fixture
def client(far_end: FarEnd) -> Client:
    """A client of the far end, in the namespace ``space``, with the identity ``me``."""
    return far_end.client()
