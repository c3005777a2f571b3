"""Tell the server what became of an attempt, for as long as it is still interested."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from .._proto.temporal.api.common.v1 import Payload, Payloads
from .._proto.temporal.api.failure.v1 import Failure
from .._proto.temporal.api.workflowservice.v1 import (
    RespondActivityTaskCanceledRequest,
    RespondActivityTaskCompletedRequest,
    RespondActivityTaskFailedRequest,
)
from .._rpc._methods import (
    RESPOND_ACTIVITY_TASK_CANCELED,
    RESPOND_ACTIVITY_TASK_COMPLETED,
    RESPOND_ACTIVITY_TASK_FAILED,
)
from .._rpc._retry import COMPLETION
from .._wire import EncodeError, encode
from ..converter import ensure_application_failure
from ..converter._failure import without_details
from ..exceptions import ApplicationError, ApplicationErrorCategory, ConverterError, RPCError, RPCStatusCode
from ._outcome import Canceled, Completed, Failed, unconvertible

if TYPE_CHECKING:
    from ..converter import DataConverter, Signature
    from ._environment import Environment

__all__ = ["Reply", "encode_reply", "is_closed", "is_failure", "send_reply"]

_logger = logging.getLogger(__name__)

#: The request that says what became of an attempt.
Reply: TypeAlias = (
    RespondActivityTaskCompletedRequest | RespondActivityTaskFailedRequest | RespondActivityTaskCanceledRequest
)


async def encode_reply(
    environment: Environment,
    converter: DataConverter,
    token: bytes,
    outcome: Completed | Failed | Canceled,
    *,
    signature: Signature | None,
    last_heartbeat: Sequence[Payload] | None,
) -> Reply:
    """Write *outcome* as the request that reports it.

    A result that cannot be written, or is larger than the namespace takes, is a failure that is not retried: the next
    attempt would only find the same. So are cancellation details. Whatever else a converter or a codec raises is a
    failure like any other.
    """
    try:
        match outcome:
            case Completed():
                return await _completed(environment, converter, token, outcome, signature)
            case Canceled():
                return await _canceled(environment, converter, token, outcome)
            case Failed():
                error = outcome.error
    except ConverterError as caught:
        error = unconvertible(caught)
    except Exception as caught:  # noqa: BLE001 - converters and codecs are user code, and the server must hear of it
        error = caught
    return await _failed(environment, converter, token, error, last_heartbeat)


async def _completed(
    environment: Environment, converter: DataConverter, token: bytes, outcome: Completed, signature: Signature | None
) -> RespondActivityTaskCompletedRequest:
    if signature is None:
        payloads = converter.encode_nowait([outcome.result])
    else:
        payloads = [signature.encode_result(outcome.result, converter.payload_converter)]
    if converter.has_codec:
        payloads = list(await converter.encode_payloads(payloads))
    _check_size(environment, "the result", payloads)
    return RespondActivityTaskCompletedRequest(
        task_token=token,
        result=Payloads(payloads=payloads),
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )


async def _canceled(
    environment: Environment, converter: DataConverter, token: bytes, outcome: Canceled
) -> RespondActivityTaskCanceledRequest:
    payloads = await converter.encode(outcome.details) if outcome.details else []
    _check_size(environment, "the cancellation's details", payloads)
    return RespondActivityTaskCanceledRequest(
        task_token=token,
        details=Payloads(payloads=payloads) if payloads else None,
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )


async def _failed(
    environment: Environment,
    converter: DataConverter,
    token: bytes,
    error: BaseException,
    last_heartbeat: Sequence[Payload] | None,
) -> RespondActivityTaskFailedRequest:
    heartbeat = await _encoded_heartbeat(environment, converter, last_heartbeat)
    failure = ensure_application_failure(await converter.encode_failure(error))
    return RespondActivityTaskFailedRequest(
        task_token=token,
        failure=await _fitted(environment, converter, failure),
        last_heartbeat_details=Payloads(payloads=heartbeat) if heartbeat else None,
        identity=environment.identity,
        namespace=environment.namespace,
        deployment_options=environment.deployment,
    )


async def _fitted(environment: Environment, converter: DataConverter, failure: Failure) -> Failure:
    """Leave the details out of a failure that is larger than the namespace takes, and say so in their place.

    The server would not retry it, or not take it at all. All that can be that large are details.
    """
    limit = environment.limits.blob
    size = len(encode(failure)) if limit else 0
    if size <= limit:
        return failure
    fitted = without_details(failure)
    assert fitted.application_failure_info is not None
    note = f"<details left out: the failure had {size:,} bytes, and the namespace takes at most {limit:,}>"
    try:
        fitted.application_failure_info.details = Payloads(payloads=await converter.encode([note]))
    except Exception:
        _logger.warning("The details of a failure were left out: %s", note, exc_info=True)
    return fitted


async def _encoded_heartbeat(
    environment: Environment, converter: DataConverter, payloads: Sequence[Payload] | None
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
    return [] if environment.limits.excess(encoded) else encoded


def _check_size(environment: Environment, what: str, payloads: Sequence[Payload]) -> None:
    if size := environment.limits.excess(payloads):
        raise environment.limits.refusal(what, size)


async def send_reply(environment: Environment, reply: Reply, *, until: float | None) -> None:
    """Send *reply*, again and again until the event loop's clock says *until*.

    One that a converter or a codec has left so that it cannot be written is not sent: a failure is, in its place.

    Raises:
        RPCError: The server did not take it: ``NOT_FOUND`` if it has closed the attempt.

    Cancelling gives up; the server may have taken it all the same.
    """
    call = environment.service.call
    try:
        if isinstance(reply, RespondActivityTaskCompletedRequest):
            await call(RESPOND_ACTIVITY_TASK_COMPLETED, reply, retry=COMPLETION, until=until)
        elif isinstance(reply, RespondActivityTaskFailedRequest):
            await call(RESPOND_ACTIVITY_TASK_FAILED, reply, retry=COMPLETION, until=until)
        else:
            await call(RESPOND_ACTIVITY_TASK_CANCELED, reply, retry=COMPLETION, until=until)
    except EncodeError as error:
        # A failure has been checked already.
        instead = _unwritable(error)
    except RPCError as error:
        if not isinstance(reply, RespondActivityTaskCompletedRequest) or not error.is_message_too_large:
            raise
        instead = _too_large(error)
    else:
        return
    failed = await _failed(environment, environment.converter, reply.task_token, instead, None)
    await send_reply(environment, failed, until=until)


def _unwritable(error: EncodeError) -> ApplicationError:
    # The error shows the value, which a codec may be there to hide: it is for the log, and not for the server.
    _logger.warning("A result or a cancellation's details cannot be written", exc_info=error)
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
    """Whether *reply* reports what counts as a failure: what an activity calls benign does not."""
    if not isinstance(reply, RespondActivityTaskFailedRequest) or reply.failure is None:
        return False
    info = reply.failure.application_failure_info
    return info is None or int(info.category) != ApplicationErrorCategory.BENIGN


def is_closed(error: RPCError) -> bool:
    """Whether *error* says that the server has closed the attempt, perhaps by an earlier try of this very reply."""
    return error.status is RPCStatusCode.NOT_FOUND
