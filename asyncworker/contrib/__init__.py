"""Integrations with other packages, one module each; nothing in here is imported by asyncworker itself."""

from __future__ import annotations
