"""Show a worker's health over HTTP if it was asked for; the server is imported only then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._requests import HealthSource
    from ._server import HealthAddress

__all__ = ["serving_health"]


@contextmanager
def serving_health(address: HealthAddress | None, source: HealthSource, observers: Sequence[Any]) -> Iterator[None]:
    """Show the health of a worker at *address* in the block, and the pages that its observers bring.

    Raises:
        ConfigurationError: That is no address of this machine, or it is taken; or a page's path is none.
    """
    if address is None and not observers:
        yield
        return
    from ._pages import pages_of
    from ._server import serving

    with serving(address, source, pages_of(observers)):
        yield
