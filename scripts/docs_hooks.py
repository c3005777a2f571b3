"""What the documentation's pages need to become a site: links out of `docs/` are for readers of the repository."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./(?!reference/)[^)]*\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Keep the text of links to files that are not part of the site."""
    return _OUTSIDE.sub(r"\1", markdown)
