"""Read a payload's data as a type, with an error that says where and why it is not of that type."""

from __future__ import annotations

from typing import Any

from ..exceptions import ConverterError
from .json._adapter import Adapter
from .json._explain import explain

__all__ = ["read_bytes", "read_json"]


def read_json(data: bytes, adapter: Adapter) -> Any:
    """Read JSON as the adapter's type.

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
        # Without the cause: it has values of the payload, which a codec may be there to hide.
        raise ConverterError(explain(error, adapter, data)) from None
    finally:
        # Its traceback refers to this frame.
        del problem


def read_bytes(data: bytes, adapter: Adapter) -> Any:
    """Read bytes, which are not JSON, as the adapter's type.

    Raises:
        ConverterError: They are not of that type.
    """
    try:
        return adapter.validate_bytes(data)
    except ValueError as error:
        raise ConverterError(explain(error, adapter, data)) from None
