"""The default failure converter, compatible with those of the other SDKs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..._safe_text import class_name_of, text_of
from ...common import RawValue
from ...exceptions import ApplicationError, FailureError
from .._payload import PayloadConverter
from .._stored import is_stored_elsewhere, stored_elsewhere
from ._failure import SOURCE, FailureConverter, copied_levels, levels

if TYPE_CHECKING:
    from ..._proto.temporal.api.failure.v1 import Failure

__all__ = ["DefaultFailureConverter", "DefaultFailureConverterWithEncodedAttributes", "plain_failure"]

_ENCODED = "Encoded failure"


class DefaultFailureConverter(FailureConverter):
    """Convert exceptions as temporalio does, and every other exception too.

    Any exception but a :exc:`~asyncworker.exceptions.FailureError` becomes an application failure with the name of its
    class as the type. An error that was received as a failure is sent as that failure, unchanged. An exception group
    has its exceptions in the message and the details, the first as its cause, and is non-retryable if one of them is.

    Args:
        encode_common_attributes: Move messages and stack traces into a payload, where a codec can encrypt them.
            Those of other workers are decoded in any case.
    """

    def __init__(self, *, encode_common_attributes: bool = False) -> None:
        self._encode_common_attributes = encode_common_attributes

    def __repr__(self) -> str:
        return f"{type(self).__name__}(encode_common_attributes={self._encode_common_attributes})"

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter) -> Failure:
        """Convert an exception and its causes."""
        # Imported with the first failure.
        from ._from_error import causes_of

        chain = [self.failure_of(each, payload_converter) for each in causes_of(exception)]
        for outer, inner in pairwise(chain):
            if outer.cause is not None:
                # Set by an overridden failure_of(); it may belong to an error that was received.
                break
            outer.cause = inner
        if self._encode_common_attributes:
            return _with_encoded_attributes(chain[0], payload_converter)
        return chain[0]

    def failure_of(self, exception: BaseException, payload_converter: PayloadConverter) -> Failure:
        """Convert one exception, without its causes. Override this to convert exceptions of your own.

        An override calls it with the :exc:`~asyncworker.exceptions.ApplicationError` to send instead.
        """
        from ._from_error import failure_from

        return failure_from(exception, payload_converter)

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """Convert a failure and its causes; the exception's ``failure`` is the given one."""
        errors = [_error_of(each, payload_converter) for each in levels(failure)]
        for outer, inner in pairwise(errors):
            outer.__cause__ = inner
        return errors[0]


class DefaultFailureConverterWithEncodedAttributes(DefaultFailureConverter):
    """:class:`DefaultFailureConverter` with ``encode_common_attributes=True``."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


def plain_failure(exception: BaseException, problem: BaseException) -> Failure:
    """Return a failure for an exception that could not be converted, because of *problem* in a converter or codec.

    It has the exception's type and whether to retry, but neither message nor stack trace, which a codec may be there
    to hide.
    """
    from ..._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure

    kind = class_name_of(exception)
    info = ApplicationFailureInfo(type=kind)
    # Not isinstance(): an exception's `__class__` may be a property that raises.
    if issubclass(type(exception), ApplicationError):
        assert isinstance(exception, ApplicationError)
        info = ApplicationFailureInfo(type=text_of(exception.type or ""), non_retryable=bool(exception.non_retryable))
    message = f"{kind}, which could not be converted to a failure ({class_name_of(problem)})"
    return Failure(message=message, source=SOURCE, application_failure_info=info)


def _error_of(failure: Failure, payload_converter: PayloadConverter) -> FailureError:
    from ._to_error import error_from

    message, stack_trace = _common_attributes(failure, payload_converter)
    error = error_from(failure, message, payload_converter)
    if any(isinstance(each, RawValue) and is_stored_elsewhere(each.payload) for each in _details_of(error)):
        error.add_note(f"of its details: {stored_elsewhere()}")
    error._failure = failure
    error._stack_trace = stack_trace or None
    return error


def _details_of(error: FailureError) -> Sequence[Any]:
    return getattr(error, "details", None) or getattr(error, "last_heartbeat_details", None) or ()


def _common_attributes(failure: Failure, payload_converter: PayloadConverter) -> tuple[str, str]:
    """Return message and stack trace, from the encoded attributes if there are any that can be decoded."""
    if failure.encoded_attributes is None:
        return failure.message, failure.stack_trace
    attributes: Any = None
    if is_stored_elsewhere(failure.encoded_attributes):
        return f"{failure.message}: {stored_elsewhere()}", failure.stack_trace
    try:
        attributes = payload_converter.from_payload(failure.encoded_attributes)
    except Exception:  # noqa: BLE001 - without the key, the rest of the failure is still useful
        attributes = None
    if not isinstance(attributes, dict):
        return failure.message, failure.stack_trace
    message, stack_trace = attributes.get("message"), attributes.get("stack_trace")
    return (
        message if isinstance(message, str) else failure.message,
        stack_trace if isinstance(stack_trace, str) else failure.stack_trace,
    )


def _with_encoded_attributes(failure: Failure, payload_converter: PayloadConverter) -> Failure:
    copies = copied_levels(failure)
    for each in copies:
        if each.encoded_attributes is None:
            attributes = {"message": each.message, "stack_trace": each.stack_trace}
            each.encoded_attributes = payload_converter.to_payload(attributes)
            each.message, each.stack_trace = _ENCODED, ""
    return copies[0]
