"""The pages behind a link: plain HTML that works on a phone and without scripts; every text in it is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from ._links import Link
from ._results import ResultType

__all__ = ["HEADERS", "form_page", "message_page"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.125rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 32rem; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
p, li { overflow-wrap: anywhere; white-space: pre-line; }
label { display: block; font-weight: 600; margin-bottom: .5rem; }
input, select, textarea, button { box-sizing: border-box; font: inherit; min-height: 3rem; padding: .5rem .75rem;
  width: 100%; }
button { background: #1a56b0; border: 0; border-radius: .5rem; color: #fff; cursor: pointer; font-weight: 600;
  margin-top: 1rem; }
:focus-visible { outline: 3px solid #d97706; outline-offset: 2px; }
[role=alert] { border-left: .25rem solid #c0392b; padding-left: 1rem; }
small { opacity: .75; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: What keeps a page out of caches, frames and other sites, and its address out of their logs.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def form_page(link: Link, result_type: ResultType | None, reasons: Sequence[str] = ()) -> str:
    """Return the page with the button, and with a field if the result is asked for.

    Args:
        link: What the button does.
        result_type: The type of the result, if it is asked for.
        reasons: What is wrong with the value that was posted.
    """
    heading = link.text or link.action
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    alert = f'<div role="alert"><p>That does not fit:</p><ul>{items}</ul></div>' if reasons else ""
    field = "" if result_type is None else _field(result_type)
    return _page(
        heading,
        f'<h1>{escape(heading)}</h1>{alert}<form method="post">{field}<button>{escape(link.action)}</button></form>'
        "<p><small>Nothing happens before you press the button.</small></p>",
    )


def message_page(heading: str, text: str) -> str:
    """Return a page with a message and nothing to do."""
    return _page(heading, f'<h1>{escape(heading)}</h1><p role="status">{escape(text)}</p>')


def _field(result_type: ResultType) -> str:
    label = '<label for="value">Your answer</label>'
    if choices := result_type.choices:
        options = "".join(f'<option value="{escape(it.json)}">{escape(it.label)}</option>' for it in choices)
        chosen = '<option value="" disabled selected>Please choose</option>'
        return f'{label}<select id="value" name="value" required>{chosen}{options}</select>'
    if result_type.kind in ("integer", "number"):
        step = "1" if result_type.kind == "integer" else "any"
        return f'{label}<input id="value" name="value" type="number" step="{step}" required>'
    if result_type.kind == "string":
        return f'{label}<textarea id="value" name="value" rows="4"></textarea>'
    json = label.replace("answer", "answer, as JSON")
    return f'{json}<textarea id="value" name="value" rows="6" required spellcheck="false"></textarea>'


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
