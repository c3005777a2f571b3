"""The data converter of a client and its workers: payload converter, codec and failure converter."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from .. import _wire
from .._proto.temporal.api.common.v1 import Payload
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

if TYPE_CHECKING:
    from .._proto.temporal.api.failure.v1 import Failure
    from .storage._external import ExternalStorage

__all__ = ["DataConverter"]

T = TypeVar("T")

_logger = get_logger(__name__)


@dataclass(frozen=True)
class DataConverter:
    """Convert values to payloads and errors to failures, and back.

    It is frozen: make a changed copy with :func:`dataclasses.replace`. Most coroutines have a variant without a codec
    that is not one, ``…_nowait``; with a codec these raise ``RuntimeError``.

    Only the codec is awaited, so cancelling a coroutine cancels the codec's; nothing is left half done.

    Attributes:
        payload_converter: Converts values to payloads and back.
        payload_codec: Transforms payloads that are sent or received, e.g. encrypts them. Of a sequence of codecs the
            first is the outermost: the last to encode, the first to decode (see :class:`ChainedPayloadCodec`).
        failure_converter: Converts errors to failures and back.
        external_storage: Keeps large payloads elsewhere, after the codec; ``None`` sends all of them.
        codec: The codecs and the external storage as one, or ``None``.
        has_codec: Whether there is a codec or an external storage, so that conversion has to be awaited.
        takes_context: Whether a converter or codec depends on the activity, so that :meth:`with_context` has an effect.
        default: The data converter of clients that are given none: pydantic for JSON, no codec.

    Raises:
        TypeError: One of the arguments is a class, or of another kind.
    """

    payload_converter: PayloadConverter = field(default_factory=DefaultPayloadConverter)
    payload_codec: PayloadCodec | Sequence[PayloadCodec] | None = None
    failure_converter: FailureConverter = field(default_factory=DefaultFailureConverter)
    external_storage: ExternalStorage | None = None
    codec: PayloadCodec | None = field(init=False, repr=False, compare=False)
    has_codec: bool = field(init=False, repr=False, compare=False)
    takes_context: bool = field(init=False, repr=False, compare=False)

    default: ClassVar[DataConverter]

    def __post_init__(self) -> None:
        _expect(PayloadConverter, "payload_converter", self.payload_converter)
        _expect(FailureConverter, "failure_converter", self.failure_converter)
        codec = _with_storage(_as_one(self.payload_codec), self.external_storage)
        parts = (self.payload_converter, codec, self.failure_converter, self.external_storage)
        object.__setattr__(self, "codec", codec)
        object.__setattr__(self, "has_codec", codec is not None)
        object.__setattr__(self, "takes_context", any(takes_context(part) for part in parts))

    # Values

    async def encode(self, values: Sequence[Any]) -> list[Payload]:
        """Convert values to payloads and encode these with the codec.

        Cancelling cancels the codec.

        Raises:
            ConverterError: A value cannot be converted.
            Exception: An error of the codec.
        """
        return await self.encode_payloads(self.payload_converter.to_payloads(values))

    def encode_nowait(self, values: Sequence[Any]) -> list[Payload]:
        """Convert values to payloads, without a codec.

        Raises:
            ConverterError: A value cannot be converted.
            RuntimeError: There is a codec.
        """
        self._require_no_codec("encode")
        return self.payload_converter.to_payloads(values)

    async def decode(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """Decode payloads with the codec and convert each to the type at its index; further payloads are untyped.

        Cancelling cancels the codec.

        Raises:
            ConverterError: A payload is not of its type.
            Exception: An error of the codec.
        """
        return self.payload_converter.from_payloads(await self.decode_payloads(payloads), type_hints)

    def decode_nowait(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        """Convert payloads to values, without a codec.

        Raises:
            ConverterError: A payload is not of its type.
            RuntimeError: There is a codec.
        """
        self._require_no_codec("decode")
        return self.payload_converter.from_payloads(payloads, type_hints)

    async def encode_payloads(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encode payloads with the codec, if there is one. Cancelling cancels the codec.

        Raises:
            Exception: An error of the codec.
        """
        if self.codec is None or not payloads:
            return list(payloads)
        return await _guard_codec(self.codec.encode(payloads))

    async def decode_payloads(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decode payloads with the codec, if there is one. Cancelling cancels the codec.

        Raises:
            ConverterError: A payload is a reference to external storage that the codec cannot decode.
            Exception: An error of the codec.
        """
        if self.codec is None or not payloads:
            return list(payloads)
        try:
            return await _guard_codec(self.codec.decode(payloads))
        except Exception as error:
            # A codec may be able to load such payloads; if not, this error says more than its own.
            if self.external_storage is None and any(map(is_stored_elsewhere, payloads)):
                raise stored_elsewhere() from error
            raise

    # Errors

    async def encode_failure(self, exception: BaseException) -> Failure:
        """Convert an exception to a failure.

        An error of the failure converter or the codec is logged, and the failure that is returned names it instead.
        So only ``KeyboardInterrupt``, ``GeneratorExit`` and a cancellation of this task are raised.
        """
        try:
            failure = self.failure_converter.to_failure(exception, self.payload_converter)
            return _writable(
                failure if self.codec is None else await _guard_codec(encode_payloads_of(failure, self.codec))
            )
        except BaseException as problem:  # an attempt that cannot be reported as failed hangs until its timeout
            if ends_the_task(problem):
                raise
            return _unconverted(exception, problem)

    def encode_failure_nowait(self, exception: BaseException) -> Failure:
        """Convert an exception to a failure, without a codec.

        Raises:
            RuntimeError: There is a codec.
        """
        self._require_no_codec("encode_failure")
        try:
            return _writable(self.failure_converter.to_failure(exception, self.payload_converter))
        except Exception as problem:  # noqa: BLE001 - an attempt that cannot be reported hangs until its timeout
            return _unconverted(exception, problem)

    async def decode_failure(self, failure: Failure) -> BaseException:
        """Convert a failure to an exception. Cancelling cancels the codec.

        Raises:
            Exception: An error of the codec.
        """
        if self.codec is not None:
            failure = await _guard_codec(decode_payloads_of(failure, AroundReferences(self.codec)))
        return self.failure_converter.from_failure(failure, self.payload_converter)

    def decode_failure_nowait(self, failure: Failure) -> BaseException:
        """Convert a failure to an exception, without a codec.

        Raises:
            RuntimeError: There is a codec.
        """
        self._require_no_codec("decode_failure")
        return self.failure_converter.from_failure(failure, self.payload_converter)

    # Context

    def with_context(self, context: SerializationContext) -> Self:
        """Return a converter whose parts are bound to *context*, or ``self`` if none depends on it."""
        if not self.takes_context:
            return self
        return replace(
            self,
            payload_converter=with_context(self.payload_converter, context),
            payload_codec=with_context(_as_one(self.payload_codec), context),
            failure_converter=with_context(self.failure_converter, context),
            external_storage=with_context(self.external_storage, context),
        )

    def _require_no_codec(self, method: str) -> None:
        if self.has_codec:
            raise RuntimeError(f"this data converter has a codec: await {method}() instead of {method}_nowait()")


async def _guard_codec(awaitable: Awaitable[T]) -> T:
    """Await a codec, and convert a ``BaseException`` of it that does not end the task to a ``RuntimeError``.

    A ``CancelledError`` that it did not get from this task would end the caller without a trace.
    """
    try:
        return await awaitable
    except Exception:
        raise
    except BaseException as error:
        if ends_the_task(error):
            raise
        raise RuntimeError(f"the payload codec raised {type(error).__name__}: {text_of(error)}") from error


def _with_storage(codec: PayloadCodec | None, storage: ExternalStorage | None) -> PayloadCodec | None:
    if storage is None:
        return codec
    # Few converters have one.
    from .storage._external import ExternalStorage, StorageCodec

    if not isinstance(storage, ExternalStorage):
        raise TypeError(f"external_storage must be an ExternalStorage instance, got {storage!r}")
    # The outermost: it stores what the codec has made.
    step = StorageCodec(storage)
    return step if codec is None else ChainedPayloadCodec([step, codec])


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
    """Check that a failure can be serialized, while another can still take its place."""
    _wire.encode(failure)
    return failure


def _unconverted(exception: BaseException, problem: BaseException) -> Failure:
    _logger.warning("An error could not be converted to a failure", exc_info=problem)
    return plain_failure(exception, problem)


DataConverter.default = DataConverter()
