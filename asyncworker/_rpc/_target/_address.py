"""Addresses: host and port as one text, and back."""

from __future__ import annotations

import re

__all__ = ["DEFAULT_PORT", "authority", "parse_address"]

DEFAULT_PORT = 7233

# A zone may follow an IPv6 address.
_IPV6 = re.compile(r"[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%\S+)?")
_HOST = re.compile(r"\[[^\s/@?#,\[\]]+\]|[^\s:/@?#,\[\]]+")


def authority(host: str, port: int) -> str:
    """Join host and port, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(address: str, default_port: int | None = DEFAULT_PORT) -> tuple[str, int]:
    """Split ``host:port`` or ``[::1]:7233``; the host has no brackets then.

    Args:
        address: The address.
        default_port: The port of an address that is a host alone; ``None``: it must have one.

    Raises:
        ValueError: It is no such address; the message says why, without the address.
    """
    if "://" in address:
        raise ValueError("leave out the scheme; TLS is a setting of its own (TEMPORAL_TLS)")
    host, colon, port = address.rpartition(":")
    # More than one colon and no brackets.
    is_bare_ipv6 = ":" in host and not address.startswith("[")
    if default_port is not None and (not colon or "]" in port or is_bare_ipv6):
        host, port = address, str(default_port)
    elif not colon or "]" in port:
        raise ValueError(f"the port is missing, did you mean {address}:{DEFAULT_PORT}?")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("the port must be a number from 1 to 65535")
    if _IPV6.fullmatch(host):
        if default_port is None:
            raise ValueError("an IPv6 address needs brackets, as in [::1]:7233")
    elif not _HOST.fullmatch(host):
        raise ValueError("the host is not a name or an address")
    return host.strip("[]"), int(port)
