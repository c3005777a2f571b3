"""Convert between protobuf's Timestamp and Duration and Python's datetime, timedelta and float seconds."""

from __future__ import annotations
