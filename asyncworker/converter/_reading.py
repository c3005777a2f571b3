"""Read a payload's data as a type, or say why not: what the converters have in common."""

from __future__ import annotations

from typing import Any

from ..exceptions import ConverterError
from .json._adapter import Adapter
from .json._explain import explain

__all__ = ["read_bytes", "read_json"]


def read_json(data: bytes, adapter: Adapter) -> Any:
    """Read JSON.

    Raises:
        ConverterError: It is not JSON, or not of the type; the message says where and why.
    """
    try:
        return adapter.validate_json(data)
    except ValueError as error:
        problem: ValueError = error
    try:
        return adapter.read_again(data, problem)
    except ValueError as error:
        # The message has all of it, but for the values, which are nobody's business on the wire.
        raise ConverterError(explain(error, adapter, data)) from None
    finally:
        # It holds this frame.
        del problem


def read_bytes(data: bytes, adapter: Adapter) -> Any:
    """Read bytes that are no JSON.

    Raises:
        ConverterError: They are not of the type.
    """
    try:
        return adapter.validate_bytes(data)
    except ValueError as error:
        raise ConverterError(explain(error, adapter, data)) from None
