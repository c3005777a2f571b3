"""``asyncworker codec-server``."""

from __future__ import annotations

from ._command import codec_server

__all__ = ["codec_server"]
