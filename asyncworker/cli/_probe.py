"""``asyncworker probe``: ask a worker's health address, for probes that run a command."""

from __future__ import annotations

import http.client
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ..worker._checks import checked_address
from ._duration import parse_duration
from ._plain import in_lines
from ._report import FAILURE, say

__all__ = ["parse_address", "probe"]

# Of a response that is shown; a worker's has about 300 bytes.
_MOST_BYTES = 100_000

Url = Annotated[str, typer.Argument(metavar="URL", help="E.g. http://127.0.0.1:8081/livez, or /readyz.")]
Timeout = Annotated[
    float,
    typer.Option(
        parser=parse_duration,
        metavar="DURATION",
        envvar="ASYNCWORKER_PROBE_TIMEOUT",
        help="How long the response may take.",
    ),
]


def parse_address(text: str) -> str:
    """Return an address to listen on as it is.

    Raises:
        typer.BadParameter: It is none.
    """
    try:
        checked_address(text)
    except ValueError as error:
        raise typer.BadParameter("must " + str(error).partition(" must ")[2]) from error
    return text


def probe(url: Url, timeout: Timeout = 5.0) -> None:
    """Ask a worker that was given a health address how it is.

    Prints the response. The exit code is 0 if the worker is well, 1 if it is not or does not respond, 2 if the URL is
    wrong.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise typer.BadParameter(f"{url!r}: {error}", param_hint="URL") from error
    if parts.scheme != "http" or not host or parts.path in ("", "/"):
        raise typer.BadParameter(f"expected http://HOST:PORT/livez or /readyz, got {url!r}", param_hint="URL")
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        say(f"asyncworker: error: no response from {url}: {error}")
        raise typer.Exit(FAILURE) from None
    finally:
        connection.close()
    typer.echo(in_lines(body.decode(errors="replace")))
    if response.status != http.client.OK:
        raise typer.Exit(FAILURE)
