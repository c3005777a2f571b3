"""Encode the outcome of an attempt and send it to the server, with retries until the attempt's deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ...._proto.temporal.api.common.v1 import Payload, Payloads
from ...._proto.temporal.api.workflowservice.v1 import (
    RespondActivityTaskCanceledRequest,
    RespondActivityTaskCompletedRequest,
)
from ...._rpc._methods import (
    RESPOND_ACTIVITY_TASK_CANCELED,
    RESPOND_ACTIVITY_TASK_COMPLETED,
    RESPOND_ACTIVITY_TASK_FAILED,
    Method,
)
from ...._rpc._retry import COMPLETION
from ...._safe_logger import get_logger
from ...._safe_text import class_name_of
from ...._user_code import ends_the_task
from ...._wire import EncodeError, encode
from ....converter import ensure_application_failure
from ....converter._size import size_above
from ....converter._stored import ExternalPayloadError, StoredElsewhereError
from ....converter.failures._failure import SOURCE, without_details
from ....exceptions import (
    ApplicationError,
    ApplicationErrorCategory,
    ConverterError,
    RPCError,
    RPCStatusCode,
    StorageError,
)
from ._outcome import Canceled, Completed, Failed, Outcome, Reported, unconvertible

if TYPE_CHECKING:
    from ...._proto.temporal.api.enums.v1 import ActivityTaskFailedCause
    from ...._proto.temporal.api.failure.v1 import Failure
    from ...._proto.temporal.api.workflowservice.v1 import RespondActivityTaskFailedRequest
    from ....activity import Info
    from ....converter import DataConverter, Signature
    from .._run_environment import RunEnvironment
    from ..heartbeats._outbound import AttemptOutbound

__all__ = [
    "Reply",
    "bare_failure",
    "encode_reply",
    "import_failures",
    "is_closed",
    "is_failure",
    "is_of_storage",
    "send_reply",
]

_logger = get_logger(__name__)

#: The request that reports the outcome of an attempt.
Reply: TypeAlias = (
    "RespondActivityTaskCompletedRequest | RespondActivityTaskFailedRequest | RespondActivityTaskCanceledRequest"
)

# A failure is any other reply: its messages are imported with the first one.
_METHODS: dict[type[Any], Method[Any, Any]] = {
    RespondActivityTaskCompletedRequest: RESPOND_ACTIVITY_TASK_COMPLETED,
    RespondActivityTaskCanceledRequest: RESPOND_ACTIVITY_TASK_CANCELED,
}


async def encode_reply(
    environment: RunEnvironment,
    converter: DataConverter,
    token: bytes,
    outcome: Reported,
    *,
    signature: Signature | None,
    outbound: AttemptOutbound | None = None,
    info: Info | None = None,
) -> tuple[Reply, Reported]:
    """Return the request that reports *outcome*, and what it reports, which may be a failure instead.

    *outbound* has the last heartbeat, which goes out with a failure; *info* is of the attempt, for the log.

    A result that cannot be encoded, or is larger than the namespace takes, is a failure that is not retried: the next
    attempt would end the same way. So are cancellation details. Any other error of a converter or a codec is a failure
    like any other.
    """
    try:
        match outcome:
            case Completed():
                return await _completed(environment, converter, token, outcome, signature, info), outcome
            case Canceled():
                return await _canceled(environment, converter, token, outcome, info), outcome
            case Failed():
                failed = outcome
    except ConverterError as caught:
        failed = Failed(unconvertible(caught))
    except BaseException as caught:  # converters and codecs are user code, and it must be reported
        if ends_the_task(caught):
            raise
        failed = Failed(caught)
    last_heartbeat = None if outbound is None else outbound.last_heartbeat
    return await _failed(environment, converter, token, failed.error, last_heartbeat, info), failed


def import_failures() -> None:
    """Import what the first failure needs, before a process that has run out of files fails to read it."""
    from ...._proto import _codec_failures  # noqa: F401
    from ....converter.failures import _from_error, _to_error  # noqa: F401


def bare_failure(
    environment: RunEnvironment, token: bytes, outcome: Outcome, problem: BaseException
) -> tuple[Reply, Reported]:
    """Return the failure of an attempt whose *outcome* could not be reported, for *problem*; no user code is run.

    It has only the names of their classes, since a codec may have been meant to hide the rest.
    """
    from ...._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
    from ...._proto.temporal.api.workflowservice.v1 import RespondActivityTaskFailedRequest

    error = outcome.error if isinstance(outcome, Failed) else problem
    kind, why = class_name_of(error), class_name_of(problem)
    message = f"The activity's end could not be reported as it was: {kind}; {why} while trying to. See the worker's log"
    reply = RespondActivityTaskFailedRequest(
        task_token=token,
        failure=Failure(message=message, source=SOURCE, application_failure_info=ApplicationFailureInfo(type=kind)),
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )
    return reply, Failed(error)


async def _completed(
    environment: RunEnvironment,
    converter: DataConverter,
    token: bytes,
    outcome: Completed,
    signature: Signature | None,
    info: Info | None,
) -> RespondActivityTaskCompletedRequest:
    if signature is None:
        payloads = converter.encode_nowait([outcome.result])
    else:
        payloads = [signature.encode_result(outcome.result, converter.payload_converter)]
    if converter.has_codec:
        payloads = list(await converter.encode_payloads(payloads))
    if size := size_above(payloads, environment.limits.lowest):
        environment.check_size(info, "the result", size)
    return RespondActivityTaskCompletedRequest(
        task_token=token,
        result=Payloads(payloads=payloads),
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )


async def _canceled(
    environment: RunEnvironment, converter: DataConverter, token: bytes, outcome: Canceled, info: Info | None
) -> RespondActivityTaskCanceledRequest:
    payloads = await converter.encode(outcome.details) if outcome.details else []
    if size := size_above(payloads, environment.limits.lowest):
        environment.check_size(info, "the cancellation's details", size)
    return RespondActivityTaskCanceledRequest(
        task_token=token,
        details=Payloads(payloads=payloads) if payloads else None,
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )


async def _failed(
    environment: RunEnvironment,
    converter: DataConverter,
    token: bytes,
    error: BaseException,
    last_heartbeat: Sequence[Payload] | None,
    info: Info | None = None,
) -> RespondActivityTaskFailedRequest:
    from ...._proto.temporal.api.workflowservice.v1 import RespondActivityTaskFailedRequest

    heartbeat = await _encoded_heartbeat(environment, converter, last_heartbeat)
    failure = ensure_application_failure(await converter.encode_failure(error))
    return RespondActivityTaskFailedRequest(
        task_token=token,
        failure=await _fitted(environment, converter, failure, info),
        last_heartbeat_details=Payloads(payloads=heartbeat) if heartbeat else None,
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
        cause=_cause_of(error),
    )


def _cause_of(error: BaseException) -> ActivityTaskFailedCause:
    from ...._proto.temporal.api.enums.v1 import ActivityTaskFailedCause

    if is_of_storage(error):
        return ActivityTaskFailedCause.EXTERNAL_STORAGE_FAILURE
    return ActivityTaskFailedCause.UNSPECIFIED


def is_of_storage(error: BaseException) -> bool:
    """Whether an attempt failed for its external storage."""
    # A final error of that is the context of its failure.
    return isinstance(error, StorageError | StoredElsewhereError) or isinstance(error.__context__, ExternalPayloadError)


async def _fitted(
    environment: RunEnvironment, converter: DataConverter, failure: Failure, info: Info | None
) -> Failure:
    """Return *failure* without its details if it is larger than the namespace takes, with a note in their place.

    The server would not retry it, or not take it at all. Only details can be that large.
    """
    limits = environment.limits
    size = len(encode(failure)) if limits.lowest else 0
    if not limits.refuses(size):
        environment.log_large(info, "the failure", size)
        return failure
    fitted = without_details(failure)
    assert fitted.application_failure_info is not None
    note = f"<details left out: the failure had {size:,} bytes, and the namespace takes at most {limits.blob:,}>"
    try:
        fitted.application_failure_info.details = Payloads(payloads=await converter.encode([note]))
    except BaseException as problem:  # the failure matters more than the note
        if ends_the_task(problem):
            raise
        _logger.warning("The details of a failure were left out: %s", note, exc_info=True)
    return fitted


async def _encoded_heartbeat(
    environment: RunEnvironment, converter: DataConverter, payloads: Sequence[Payload] | None
) -> list[Payload]:
    if not payloads:
        return []
    try:
        encoded = list(await converter.encode_payloads(payloads))
        encode(Payloads(payloads=encoded))
    except Exception:
        _logger.exception("the last heartbeat's details could not be encoded; the failure goes out without them")
        return []
    # They were checked when they were recorded; a codec may have made them larger.
    return [] if environment.limits.refuses(size_above(encoded, environment.limits.lowest)) else encoded


async def send_reply(
    environment: RunEnvironment,
    reply: Reply,
    reported: Reported,
    *,
    until: float | None,
    converter: DataConverter | None = None,
) -> Reported:
    """Send *reply*, with retries until the event loop's clock shows *until*.

    A reply whose payloads cannot be encoded or are too large is replaced by a failure, which *converter* encodes;
    ``None``: the worker's.

    Returns:
        What was reported: *reported*, or that failure.

    Raises:
        RPCError: The server did not take it: ``NOT_FOUND`` if it has closed the attempt.

    Cancelling gives up; the server may have taken it all the same.
    """
    try:
        await environment.service.call(
            _METHODS.get(type(reply), RESPOND_ACTIVITY_TASK_FAILED), reply, retry=COMPLETION, until=until
        )
    except (EncodeError, RPCError) as error:
        failure = _replacement(reply, error)
        if failure is None:
            raise
        converter = converter or environment.converter
        failed = await _failed(environment, converter, reply.task_token, failure, None)
        return await send_reply(environment, failed, Failed(failure), until=until, converter=converter)
    return reported


def _replacement(reply: Reply, error: EncodeError | RPCError) -> ApplicationError | None:
    """Return the failure to send in place of *reply*, if *error* means that it can never be sent.

    A failure is not replaced: it has been checked.
    """
    if type(reply) not in _METHODS:
        return None
    if isinstance(error, EncodeError):
        return _cannot_be_encoded(error)
    return _too_large(error) if error.is_message_too_large else None


def _cannot_be_encoded(error: EncodeError) -> ApplicationError:
    # The error shows the value, which a codec may be there to hide: what is before it names the field.
    field = str(error).partition(":")[0]
    _logger.warning("A result or a cancellation's details cannot be written: %s cannot carry its value", field)
    message = "the payload converter or codec made payloads that cannot be written; the worker's log says why"
    return unconvertible(ConverterError(message))


def _too_large(error: RPCError) -> ApplicationError:
    return ApplicationError(
        f"the result is larger than the server takes in one message ({error.message}):"
        " store it elsewhere and return a reference to it",
        type="PayloadsTooLarge",
        non_retryable=True,
    )


def is_failure(reply: Reply) -> bool:
    """Return whether *reply* counts as a failure: one that an activity calls benign does not."""
    if isinstance(reply, RespondActivityTaskCompletedRequest | RespondActivityTaskCanceledRequest):
        return False
    if reply.failure is None:
        return False
    info = reply.failure.application_failure_info
    return info is None or int(info.category) != ApplicationErrorCategory.BENIGN


def is_closed(error: RPCError) -> bool:
    """Return whether the server has closed the attempt, perhaps by an earlier try of this very reply."""
    return error.status is RPCStatusCode.NOT_FOUND
