"""The encodings that every Temporal SDK has, without protobuf's.

pydantic writes JSON by a value's own type, whatever its annotation says, and reads it as the requested type, in lax
mode. Text is UTF-8, and so must bytes inside a JSON value be (use ``pydantic.Base64Bytes`` for others). ``NaN`` and the
infinities are written under these names as by Python's ``json``: Python reads them back, most other parsers refuse
them.
"""

from __future__ import annotations

from typing import Any

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError
from ._payload import CompositePayloadConverter, EncodingPayloadConverter, PayloadConverter
from ._protobuf import BinaryProtoPayloadConverter, JSONProtoPayloadConverter
from ._reading import read_bytes, read_json
from .json._adapter import Adapter, adapter_for
from .json._explain import explain
from .json._writing import written

__all__ = [
    "BinaryNullPayloadConverter",
    "BinaryPlainPayloadConverter",
    "DefaultPayloadConverter",
    "JSONPlainPayloadConverter",
    "reads_with_pydantic",
]


_BUFFERS = (bytes, bytearray, memoryview)


class BinaryNullPayloadConverter(EncodingPayloadConverter):
    """``binary/null``: ``None``, without data."""

    encoding = "binary/null"

    def to_payload(self, value: Any) -> Payload | None:
        """Write ``None``."""
        return Payload(metadata={"encoding": b"binary/null"}) if value is None else None

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Read ``None``.

        Raises:
            ConverterError: The payload has data, or *type_hint* does not include ``None``.
        """
        return BinaryNullPayloadConverter._load(self, payload, adapter_for(type_hint))

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        if payload.data:
            raise ConverterError(f"a binary/null payload has no data, this one has {len(payload.data)} bytes")
        return _nothing(adapter)


class BinaryPlainPayloadConverter(EncodingPayloadConverter):
    """``binary/plain``: ``bytes``, ``bytearray`` and ``memoryview`` as they are."""

    encoding = "binary/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """Write bytes."""
        if not isinstance(value, _BUFFERS):
            return None
        return Payload(metadata={"encoding": b"binary/plain"}, data=bytes(value))

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Read bytes, or convert them to *type_hint*.

        Raises:
            ConverterError: They are not a value of that type.
        """
        return BinaryPlainPayloadConverter._load(self, payload, adapter_for(type_hint))

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        return read_bytes(payload.data, adapter)


class JSONPlainPayloadConverter(EncodingPayloadConverter):
    """``json/plain``: all values that pydantic can write and read."""

    encoding = "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """Write a value as compact JSON.

        Raises:
            ConverterError: pydantic does not know the value's type, it has bytes that are not UTF-8, or its JSON would
                not be read back as an equal value.
        """
        return Payload(metadata={"encoding": b"json/plain"}, data=written(value))

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Read JSON as *type_hint*, or as lists, dicts and scalars without one.

        Raises:
            ConverterError: It is not JSON, or not of that type; the message says where and why.
        """
        return JSONPlainPayloadConverter._load(self, payload, adapter_for(type_hint))

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        try:
            return adapter.validate_json(payload.data)
        except ValueError:
            pass
        # Once more: that finds out why, and what can be read all the same.
        return read_json(payload.data, adapter)


class DefaultPayloadConverter(CompositePayloadConverter):
    """``binary/null``, ``binary/plain``, ``json/protobuf``, ``binary/protobuf``, ``json/plain``, in this order."""

    def __init__(self) -> None:
        super().__init__(
            BinaryNullPayloadConverter(),
            BinaryPlainPayloadConverter(),
            JSONProtoPayloadConverter(),
            BinaryProtoPayloadConverter(),
            JSONPlainPayloadConverter(),
        )

    def _dump(self, value: Any) -> Payload:
        # A shortcut for values that only the last converter takes.
        if type(value) in _ONLY_JSON and type(self) is DefaultPayloadConverter:
            payload = self.converters[b"json/plain"].to_payload(value)
            assert payload is not None
            return payload
        return super()._dump(value)


_ONLY_JSON = frozenset({str, int, float, bool, list, dict, tuple})


def reads_with_pydantic(converter: PayloadConverter) -> bool:
    """Whether *converter* reads ``json/plain`` with pydantic, which then has to know every parameter's type."""
    if not isinstance(converter, CompositePayloadConverter):
        return False
    json = type(converter.converters.get(b"json/plain"))
    reads_here: Any = getattr(json, "_load", None)
    return type(converter)._load is CompositePayloadConverter._load and reads_here is JSONPlainPayloadConverter._load


def _nothing(adapter: Adapter) -> Any:
    try:
        return adapter.validate_python(None)
    except ValueError as error:
        raise ConverterError(explain(error, adapter, b"")) from None
