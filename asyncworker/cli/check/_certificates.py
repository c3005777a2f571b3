"""When certificates end: the server's, as it presents it, and the client's."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

from ..._rpc._target import TLSConfig, create_context, parse_address

__all__ = ["client_certificate_end", "not_after", "server_certificate_end"]

_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17
_END = "-----END CERTIFICATE-----"


def not_after(der: bytes) -> datetime:
    """Return the end of a certificate's validity (RFC 5280 §4.1.2.5).

    Raises:
        ValueError: It is no certificate.
    """
    try:
        _, certificate, _ = _element(der)
        _, fields, _ = _element(certificate)
        tag, _, after = _element(fields)
        # The version, which comes first, is optional; then serial number, signature, issuer.
        rest = after if tag == _VERSION else fields
        for _ in range(3):
            _, _, rest = _element(rest)
        _, validity, _ = _element(rest)
        _, _, rest = _element(validity)
        tag, time, _ = _element(rest)
        # Two digits of the year are of 1950 to 2049; `%y` would end at 2068.
        digits = time.decode("ascii")
        if tag == _UTC_TIME:
            digits = ("20" if digits < "50" else "19") + digits
        return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no certificate: {error}") from error


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Return the tag and the content of the first element (X.690 §8.1), and what comes after it."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return tag, data[start : start + length], data[start + length :]


def client_certificate_end(tls: TLSConfig) -> datetime | None:
    """Return when the first certificate that the client presents ends; ``None`` if there is none. Reads a file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no PEM certificate.
    """
    pem = tls.client_cert
    if pem is None:
        return None
    text = (pem if isinstance(pem, bytes) else Path(pem).read_bytes()).decode("ascii", "replace")
    begin, end = text.find("-----BEGIN CERTIFICATE-----"), text.find(_END)
    return not_after(ssl.PEM_cert_to_DER_cert(text[begin : end + len(_END)]))


async def server_certificate_end(address: str, tls: TLSConfig) -> datetime:
    """Connect, and return when the server's certificate ends. Cancelling closes the connection.

    Raises:
        OSError: There is no connection, or the certificate is not trusted.
        ConfigurationError: A setting cannot be used.
    """
    host, port = parse_address(address)
    context = await asyncio.to_thread(create_context, tls)
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=tls.domain or host)
    try:
        session: ssl.SSLObject = writer.get_extra_info("ssl_object")
        der = session.getpeercert(binary_form=True)
        assert der is not None
        return not_after(der)
    finally:
        writer.close()
