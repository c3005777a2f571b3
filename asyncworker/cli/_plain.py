"""Escape control characters in texts from elsewhere, so that a terminal or a log only shows them."""

from __future__ import annotations

__all__ = ["in_a_line", "in_lines", "safe_json"]

# The controls that terminals act on (ESC and the 8-bit ones included), the characters that some programs take for line
# breaks, and those that change the text's direction. Tabs, and letters of any script, stay.
_UNSAFE = [*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
_NAMED = {0x0A: "\\n", 0x0D: "\\r"}
_ESCAPES = {code: _NAMED.get(code, f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}") for code in _UNSAFE}
_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSAFE if code >= 0x7F}


def in_a_line(text: str) -> str:
    """Escape control characters, line breaks included."""
    return text.translate(_ESCAPES)


def in_lines(text: str) -> str:
    """Escape control characters in each line, and indent all but the first, so that none looks like a record."""
    return "\n  ".join(in_a_line(line) for line in text.split("\n"))


def safe_json(document: bytes) -> bytes:
    """Escape the control characters that JSON allows unescaped; the document's value stays the same."""
    return document.decode().translate(_JSON_ESCAPES).encode()
