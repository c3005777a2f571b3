"""Put payload converter, codec and failure converter together: what client and worker convert with."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, TypeVar

from .. import _wire
from .._proto.temporal.api.common.v1 import Payload
from .._proto.temporal.api.failure.v1 import Failure
from .._safe_logger import get_logger
from .._safe_text import text_of
from .._user_code import ends_the_task
from ._codec import ChainedPayloadCodec, PayloadCodec
from ._context import SerializationContext, takes_context, with_context
from ._encodings import DefaultPayloadConverter
from ._payload import PayloadConverter
from ._stored import AroundReferences, is_stored_elsewhere, stored_elsewhere
from .failures._default import DefaultFailureConverter, plain_failure
from .failures._failure import FailureConverter, decode_payloads_of, encode_payloads_of

__all__ = ["DataConverter"]

T = TypeVar("T")

_logger = get_logger(__name__)


@dataclass(frozen=True)
class DataConverter:
    """Convert values to payloads and errors to failures, and back.

    It does not change: to get another, use :func:`dataclasses.replace`. What needs no codec has a twin that does not
    wait, ``…_nowait``; with a codec the twins raise ``RuntimeError``.

    Attributes:
        payload_converter: Values to payloads and back.
        payload_codec: Transforms payloads on their way, to encrypt them for one. Of a sequence of codecs the first is
            the outermost: the last to encode, the first to decode (see :class:`ChainedPayloadCodec`).
        failure_converter: Errors to failures and back.

    Raises:
        TypeError: One of them is a class, or of another kind.
    """

    payload_converter: PayloadConverter = field(default_factory=DefaultPayloadConverter)
    payload_codec: PayloadCodec | Sequence[PayloadCodec] | None = None
    failure_converter: FailureConverter = field(default_factory=DefaultFailureConverter)
    #: The codecs as one, or ``None``.
    codec: PayloadCodec | None = field(init=False, repr=False, compare=False)
    #: Whether a codec is at work, so that conversion has to be awaited.
    has_codec: bool = field(init=False, repr=False, compare=False)
    #: Whether a part of it wants to know which activity it works for, so that :meth:`with_context` is worth calling.
    takes_context: bool = field(init=False, repr=False, compare=False)

    #: pydantic for JSON, no codec.
    default: ClassVar[DataConverter]

    def __post_init__(self) -> None:
        _expect(PayloadConverter, "payload_converter", self.payload_converter)
        _expect(FailureConverter, "failure_converter", self.failure_converter)
        codec = _as_one(self.payload_codec)
        parts = (self.payload_converter, codec, self.failure_converter)
        object.__setattr__(self, "codec", codec)
        object.__setattr__(self, "has_codec", codec is not None)
        object.__setattr__(self, "takes_context", any(takes_context(part) for part in parts))

    # Values

    async def encode(self, values: Sequence[Any]) -> list[Payload]:
        """Write values as payloads and pass them through the codec.

        Raises:
            ConverterError: A value has no payload.
            Exception: Whatever the codec raises.
        """
        return await self.encode_payloads(self.payload_converter.to_payloads(values))

    def encode_nowait(self, values: Sequence[Any]) -> list[Payload]:
        """:meth:`encode` without a codec."""
        self._require_no_codec("encode")
        return self.payload_converter.to_payloads(values)

    async def decode(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """Pass payloads through the codec and read each as the type at its place; payloads beyond are untyped.

        Raises:
            ConverterError: A payload is not of its type.
            Exception: Whatever the codec raises.
        """
        return self.payload_converter.from_payloads(await self.decode_payloads(payloads), type_hints)

    def decode_nowait(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """:meth:`decode` without a codec."""
        self._require_no_codec("decode")
        return self.payload_converter.from_payloads(payloads, type_hints)

    async def encode_payloads(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Pass payloads through the codec, if there are any and there is one."""
        if self.codec is None or not payloads:
            return list(payloads)
        return await _own_up(self.codec.encode(payloads))

    async def decode_payloads(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Pass payloads back through the codec, if there are any and there is one."""
        if self.codec is None or not payloads:
            return list(payloads)
        try:
            return await _own_up(self.codec.decode(payloads))
        except Exception as error:
            # A codec may know how to follow a reference; if it does not, this says more than its own error.
            if any(map(is_stored_elsewhere, payloads)):
                raise stored_elsewhere() from error
            raise

    # Errors

    async def encode_failure(self, exception: BaseException) -> Failure:
        """Write an exception as a failure, whatever its converter or codec makes of it.

        An error of theirs is logged, and the failure says that there was one instead of what it should have.
        """
        try:
            failure = self.failure_converter.to_failure(exception, self.payload_converter)
            return _writable(failure if self.codec is None else await _own_up(encode_payloads_of(failure, self.codec)))
        except BaseException as problem:  # an error that cannot be reported would hang its activity
            if ends_the_task(problem):
                raise
            return _report(exception, problem)

    def encode_failure_nowait(self, exception: BaseException) -> Failure:
        """:meth:`encode_failure` without a codec."""
        self._require_no_codec("encode_failure")
        try:
            return _writable(self.failure_converter.to_failure(exception, self.payload_converter))
        except Exception as problem:  # noqa: BLE001 - an error that cannot be reported would hang its activity
            return _report(exception, problem)

    async def decode_failure(self, failure: Failure) -> BaseException:
        """Read a failure as an exception.

        Raises:
            Exception: Whatever the codec raises.
        """
        if self.codec is not None:
            failure = await _own_up(decode_payloads_of(failure, AroundReferences(self.codec)))
        return self.failure_converter.from_failure(failure, self.payload_converter)

    def decode_failure_nowait(self, failure: Failure) -> BaseException:
        """:meth:`decode_failure` without a codec."""
        self._require_no_codec("decode_failure")
        return self.failure_converter.from_failure(failure, self.payload_converter)

    # Context

    def with_context(self, context: SerializationContext) -> Self:
        """Return a converter whose parts work for *context*: this one, if none of them cares."""
        if not self.takes_context:
            return self
        return replace(
            self,
            payload_converter=with_context(self.payload_converter, context),
            payload_codec=with_context(self.codec, context),
            failure_converter=with_context(self.failure_converter, context),
        )

    def _require_no_codec(self, method: str) -> None:
        if self.has_codec:
            raise RuntimeError(f"this data converter has a codec: await {method}() instead of {method}_nowait()")


async def _own_up(awaitable: Awaitable[T]) -> T:
    """Await a codec; what it lets out that is no ``Exception``, and does not end the task either, becomes one.

    Taken at its word a ``CancelledError``, for one, would end whoever waits, and tell nobody.
    """
    try:
        return await awaitable
    except Exception:
        raise
    except BaseException as error:
        if ends_the_task(error):
            raise
        raise RuntimeError(f"the payload codec let a {type(error).__name__} out: {text_of(error)}") from error


def _as_one(codec: PayloadCodec | Sequence[PayloadCodec] | None) -> PayloadCodec | None:
    if codec is None or isinstance(codec, PayloadCodec):
        return codec
    if not isinstance(codec, Sequence):
        raise TypeError(f"payload_codec must be a PayloadCodec instance or a sequence of them, got {codec!r}")
    return ChainedPayloadCodec(codec) if codec else None


def _expect(kind: type, name: str, part: object) -> None:
    if not isinstance(part, kind):
        hint = ": pass an instance" if isinstance(part, type) else ""
        raise TypeError(f"{name} must be a {kind.__name__} instance, got {part!r}{hint}")


def _writable(failure: Failure) -> Failure:
    """Find out now whether a failure can be written, while another can take its place."""
    _wire.encode(failure)
    return failure


def _report(exception: BaseException, problem: BaseException) -> Failure:
    _logger.warning("An error could not be converted to a failure", exc_info=problem)
    return plain_failure(exception, problem)


DataConverter.default = DataConverter()
