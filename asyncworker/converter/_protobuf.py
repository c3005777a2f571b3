"""Convert messages of google's protobuf runtime, which is imported only when there is one."""

from __future__ import annotations

import json
from typing import Any

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError
from ._payload import EncodingPayloadConverter
from ._reading import read_json
from .json._adapter import Adapter, adapter_for, clip, describe_type, is_message_class
from .json._explain import pieces_of, without

__all__ = ["BinaryProtoPayloadConverter", "JSONProtoPayloadConverter"]


class JSONProtoPayloadConverter(EncodingPayloadConverter):
    """``json/protobuf``: protobuf messages in protobuf's JSON mapping.

    Args:
        ignore_unknown_fields: Skip fields that the message class does not have, instead of refusing the payload.
    """

    encoding = "json/protobuf"

    def __init__(self, *, ignore_unknown_fields: bool = False) -> None:
        self._ignore_unknown_fields = ignore_unknown_fields

    def to_payload(self, value: Any) -> Payload | None:
        """Write a message as compact JSON with sorted keys; its full name goes to the metadata."""
        if not is_message_class(type(value)):
            return None
        from google.protobuf.json_format import MessageToDict

        text = json.dumps(MessageToDict(value), separators=(",", ":"), sort_keys=True)
        return _payload(b"json/protobuf", value, text.encode())

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Read a message as the class that is asked for, or as the class that the payload names.

        A type that is not a message class is read from the JSON, as it is from ``json/plain``.

        Raises:
            ConverterError: The payload is damaged, names another message or one that has not been imported, or
                the protobuf runtime is not installed.
        """
        return JSONProtoPayloadConverter._load(self, payload, adapter_for(type_hint))

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        if not adapter.is_untyped and adapter.message_class is None:
            return read_json(payload.data, adapter)
        message = _message_class(payload, adapter)()
        from google.protobuf.json_format import Parse, ParseError

        try:
            return Parse(payload.data, message, ignore_unknown_fields=self._ignore_unknown_fields)
        except (ParseError, UnicodeDecodeError) as error:
            # After the first colon come values, which a codec may be there to hide.
            reason = clip(
                without(str(error).partition(": ")[0], pieces_of(payload.data), _names_in(message.DESCRIPTOR))
            )
            raise ConverterError(f"expected {message.DESCRIPTOR.full_name}: {reason}") from None


class BinaryProtoPayloadConverter(EncodingPayloadConverter):
    """``binary/protobuf``: protobuf messages in binary form."""

    encoding = "binary/protobuf"

    def to_payload(self, value: Any) -> Payload | None:
        """Write a message in binary form; its full name goes to the metadata."""
        if not is_message_class(type(value)):
            return None
        return _payload(b"binary/protobuf", value, value.SerializeToString())

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Read a message as the class that is asked for, or as the class that the payload names.

        Raises:
            ConverterError: The payload is damaged, names another message or one that has not been imported, or
                the protobuf runtime is not installed; or a type is asked for that is not a message class.
        """
        return BinaryProtoPayloadConverter._load(self, payload, adapter_for(type_hint))

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        if not adapter.is_untyped and adapter.message_class is None:
            raise ConverterError(f"expected {describe_type(adapter.hint)}: the payload is a binary protobuf message")
        message = _message_class(payload, adapter)()
        from google.protobuf.message import DecodeError

        try:
            message.ParseFromString(payload.data)
        except DecodeError as error:
            raise ConverterError(f"expected {message.DESCRIPTOR.full_name}: {clip(str(error))}") from error
        return message


def _names_in(descriptor: Any) -> frozenset[str]:
    """Return the names of a message's fields, those of nested messages included."""
    seen, found = {descriptor.full_name}, [descriptor]
    names: set[str] = set()
    while found:
        for field in found.pop().fields:
            names |= {field.name, field.json_name}
            if field.message_type is not None and field.message_type.full_name not in seen:
                seen.add(field.message_type.full_name)
                found.append(field.message_type)
    return frozenset(names)


def _payload(encoding: bytes, message: Any, data: bytes) -> Payload:
    return Payload(metadata={"encoding": encoding, "messageType": message.DESCRIPTOR.full_name.encode()}, data=data)


def _message_class(payload: Payload, adapter: Adapter) -> Any:
    """Return the message class for a payload: the requested one, which must match the payload, or the payload's own."""
    named = payload.metadata.get("messageType", b"").decode("utf-8", "backslashreplace")
    if adapter.message_class is not None:
        wanted = adapter.message_class.DESCRIPTOR.full_name
        if named not in ("", wanted):
            raise ConverterError(f"expected {wanted}: the payload is a {clip(named)}")
        return adapter.message_class
    try:
        from google.protobuf import descriptor_pool, message_factory
    except ImportError as error:
        raise ConverterError("a protobuf payload needs the 'protobuf' extra of temporal-asyncworker") from error
    try:
        found = descriptor_pool.Default().FindMessageTypeByName(named)
    except KeyError:
        raise ConverterError(
            f"the payload's message type {clip(named)!r} is unknown: import the module that defines it"
        ) from None
    return message_factory.GetMessageClass(found)
