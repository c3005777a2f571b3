"""What a scrape of this process returns."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["check_folder", "is_multi_process", "render"]

#: The folder of prometheus_client's multi-process mode, in both of its spellings.
_FOLDERS = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


def is_multi_process() -> bool:
    """Whether prometheus_client keeps the values of several processes in files."""
    return any(name in os.environ for name in _FOLDERS)


def check_folder() -> None:
    """Check the folder that values are kept in, as they would be missed one by one otherwise.

    Raises:
        ValueError: It is not there, or cannot be written to.
    """
    name = next(it for it in _FOLDERS if it in os.environ)
    folder = Path(os.environ[name])
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"{name} is {str(folder)!r}: make that folder, writable and empty, before Python starts")


def render(registry: CollectorRegistry = REGISTRY, *, accept: str = "") -> tuple[bytes, str]:
    """Return the body of the response to a scrape, and its content type; of any thread.

    In prometheus_client's multi-process mode it is about all processes.

    Args:
        registry: What to render; in multi-process mode all that the processes have in files.
        accept: The request's ``Accept`` header, by which the scraper chooses between text and OpenMetrics.

    Raises:
        ValueError: In multi-process mode the folder is not there.
    """
    if is_multi_process():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
