"""asyncworker: an asyncio-native worker framework for Temporal activities."""

from __future__ import annotations
