"""Payload converters: the interfaces, and the composite that tries one converter after another.

A payload has its ``encoding`` in its metadata. To write a value, the composite tries its converters in order until one
takes it; to read a payload, it uses the one with that encoding.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Self

from .._proto.temporal.api.common.v1 import Payload
from ..common import RawValue
from ..exceptions import AsyncWorkerError, ConverterError
from ._context import SerializationContext, WithSerializationContext, takes_context, with_context
from ._stored import is_stored_elsewhere, refuse_stored, stored_elsewhere
from .json._adapter import Adapter, adapter_for, clip, describe_type
from .json._explain import message_of, pieces_of, quotes_any, without
from .json._losses import texts_of

__all__ = ["PASSING", "CompositePayloadConverter", "EncodingPayloadConverter", "PayloadConverter"]

#: Errors that are not the payload's fault: reading it again may succeed.
PASSING = (MemoryError, RecursionError, OSError)


class PayloadConverter(ABC):
    """Convert values to payloads and back; part of a :class:`~asyncworker.converter.DataConverter`."""

    @abstractmethod
    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Convert each value to a payload; a :class:`~asyncworker.common.RawValue` is the payload that it holds.

        Raises:
            ConverterError: A value cannot be converted.
        """

    @abstractmethod
    def from_payloads(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """Convert each payload to the type at its index in *type_hints*; ``None``, or no entry, means any type.

        For the type :class:`~asyncworker.common.RawValue` the value is the payload itself in one.

        Raises:
            ConverterError: A payload is not a value of its type.
        """

    def to_payload(self, value: Any) -> Payload:
        """Convert one value, as :meth:`to_payloads` does."""
        return self.to_payloads([value])[0]

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Convert one payload, as :meth:`from_payloads` does."""
        return self.from_payloads([payload], None if type_hint is None else [type_hint])[0]

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        """Convert one payload with the adapter of a type: the fast path, for activity arguments."""
        return self.from_payload(payload, adapter.hint)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A subclass that overrides the public methods must be used for arguments too.
        if "_load" not in cls.__dict__ and not cls.__dict__.keys().isdisjoint(("from_payload", "from_payloads")):
            cls._load = PayloadConverter._load  # type: ignore[method-assign]


class EncodingPayloadConverter(ABC):
    """Convert the values and payloads of one encoding; part of a :class:`CompositePayloadConverter`."""

    @property
    @abstractmethod
    def encoding(self) -> str:
        """The encoding in the metadata of its payloads."""

    @abstractmethod
    def to_payload(self, value: Any) -> Payload | None:
        """Convert a value, or return ``None`` to leave it to the next converter.

        Raises:
            Exception: The value is of this converter's kind, but cannot be converted.
        """

    @abstractmethod
    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """Convert a payload of this encoding to *type_hint*, if that is not ``None``.

        Raises:
            Exception: The payload is damaged, or is not of that type.
        """

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        return self.from_payload(payload, adapter.hint)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_load" not in cls.__dict__ and "from_payload" in cls.__dict__:
            cls._load = EncodingPayloadConverter._load  # type: ignore[method-assign]


class CompositePayloadConverter(PayloadConverter, WithSerializationContext):
    """Try one converter after another.

    Args:
        converters: In the order in which they are tried for a value.

    Raises:
        TypeError: One of them is not an :class:`EncodingPayloadConverter`.
        ValueError: Two of them have the same encoding, or there is none.

    Attributes:
        converters: The converters by their encoding.
    """

    def __init__(self, *converters: EncodingPayloadConverter) -> None:
        for converter in converters:
            if not isinstance(converter, EncodingPayloadConverter):
                raise TypeError(f"expected an EncodingPayloadConverter instance, got {converter!r}")
        self._set_converters(converters)
        if not converters or len(self.converters) < len(converters):
            raise ValueError(
                f"a payload converter needs encodings that differ, got {[each.encoding for each in converters]}"
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        base = CompositePayloadConverter
        # One that overrides :meth:`to_payloads`, itself or by a mixin, must be used for results too.
        if cls.to_payloads is not base.to_payloads and cls.to_payload is base.to_payload:
            cls.to_payload = PayloadConverter.to_payload  # type: ignore[method-assign]

    def _set_converters(self, converters: Sequence[EncodingPayloadConverter]) -> None:
        self.converters: Mapping[bytes, EncodingPayloadConverter] = {
            each.encoding.encode(): each for each in converters
        }
        self._writers = tuple(each.to_payload for each in converters)
        self._loaders = {encoding: each._load for encoding, each in self.converters.items()}
        self.takes_context: bool = any(takes_context(each) for each in converters)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(each.encoding for each in self.converters.values())})"

    def to_payload(self, value: Any) -> Payload:
        """Convert one value, without the lists of :meth:`to_payloads`: the fast path, for activity results."""
        return self._dump(value)

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Convert each value to exactly one payload.

        Raises:
            ConverterError: A value cannot be converted.
        """
        return [self._dump(value) for value in values]

    def from_payloads(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """Convert each payload to exactly one value.

        Raises:
            ConverterError: A payload is not a value of its type.
        """
        hints = (type_hints or ())[: len(payloads)]
        return [
            CompositePayloadConverter._load(self, payload, adapter_for(hint))
            for payload, hint in zip_longest(payloads, hints)
        ]

    def _dump(self, value: Any) -> Payload:
        if isinstance(value, RawValue):
            return value.payload
        try:
            for write in self._writers:
                payload = write(value)
                if payload is not None:
                    return payload
        except AsyncWorkerError:
            raise
        except Exception as error:  # noqa: BLE001 - converters are user code
            said = list(texts_of(value))
            reason = clip(without(f"{type(error).__name__}: {message_of(error)}", said))
            problem = ConverterError(f"a value of type {describe_type(type(value))} cannot be written: {reason}")
            raise problem from (None if quotes_any(error, said) else error)
        raise ConverterError(f"a value of type {describe_type(type(value))} has no converter; known: {self._known()}")

    def _load(self, payload: Payload, adapter: Adapter) -> Any:
        metadata = payload.metadata
        # Most payloads have no metadata but the encoding.
        if len(metadata) != 1 and is_stored_elsewhere(payload):
            raise stored_elsewhere()
        if adapter.is_raw:
            refuse_stored([payload])
            return RawValue(payload)
        encoding = metadata.get("encoding")
        if encoding is None:
            raise ConverterError("the payload's metadata has no 'encoding'")
        load = self._loaders.get(encoding)
        if load is None:
            refuse_stored([payload])
            unknown = clip(encoding.decode("utf-8", "backslashreplace"))
            raise ConverterError(f"the payload's encoding {unknown!r} is unknown; known: {self._known()}")
        try:
            return load(payload, adapter)
        except (AsyncWorkerError, *PASSING):
            raise
        except Exception as error:  # noqa: BLE001 - converters are user code; the error is about the payload
            said = list(pieces_of(payload.data))
            reason = f"{type(error).__name__}: {clip(without(message_of(error), said))}"
            problem = ConverterError(f"expected {describe_type(adapter.hint)}: {reason}")
            raise problem from (None if quotes_any(error, said) else error)

    def _known(self) -> str:
        return ", ".join(each.encoding for each in self.converters.values())

    def with_context(self, context: SerializationContext) -> Self:
        """Return a copy whose converters are bound to *context*."""
        bound = copy.copy(self)
        bound._set_converters([with_context(each, context) for each in self.converters.values()])
        return bound
