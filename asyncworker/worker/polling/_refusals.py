"""Fail attempts whose task has arrived and cannot be taken: all that is known of them is their token."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ...exceptions import ApplicationError, RPCError
from ..attempts._outcome import Failed
from ..attempts._reply import encode_reply, is_closed, send_reply

if TYPE_CHECKING:
    from ..attempts._shared import Environment

__all__ = ["Refusals", "advice_on"]

_logger = get_logger(__name__)

# Seconds for one report; what does not get through by then is left to the attempt's timeout.
_PATIENCE = 60.0
# Seconds for those that are left when the worker stops.
_LAST_CALL = 5.0


class Refusals:
    """Reports under way, one task each; whoever ends the polls waits for them.

    An attempt whose task is too large fails for good: the next one has the same arguments and the same heartbeat
    details, and meets the same limit. One whose task cannot be read may have been garbled on its way, and is retried.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._reports: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Refusals [{len(self._reports)} being reported]>"

    def add(self, token: bytes, reason: BaseException) -> None:
        """Fail the attempt with this token, as its task cannot be taken for *reason*."""
        report = self._environment.loop.create_task(self._report(token, _failure(reason)))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def wait_until_done(self, *, at_once: bool) -> None:
        """Give what is under way some seconds more, or none, and drop the rest. Cancelling drops all."""
        if not self._reports:
            return
        reports = list(self._reports)
        try:
            await asyncio.wait(reports, timeout=0 if at_once else _LAST_CALL)
        finally:
            for report in reports:
                report.cancel()

    async def _report(self, token: bytes, failure: ApplicationError) -> None:
        environment = self._environment
        until = environment.loop.time() + _PATIENCE
        try:
            # A converter or a codec of the user's writes the failure.
            async with asyncio.timeout_at(until):
                reply, told = await encode_reply(
                    environment,
                    environment.converter,
                    token,
                    Failed(failure),
                    signature=None,
                    last_heartbeat=None,
                )
                await send_reply(environment, reply, told, until=until)
        except Exception as error:
            if not (isinstance(error, RPCError) and is_closed(error)):
                _logger.exception(
                    "an attempt of queue %r whose task could not be taken was not reported: it runs into its timeout",
                    environment.task_queue,
                )


def advice_on(error: RPCError) -> str:
    """What is to be done about an answer that was refused as *error* says."""
    if not error.is_message_too_large:
        return "The answer was garbled on its way, or the server is of a kind that this version does not know."
    return (
        "Store large arguments and heartbeat details elsewhere and pass a reference to them, or raise the limit:"
        " max_receive_bytes or max_decoded_bytes of this client, or that of a proxy in between."
    )


def _failure(reason: BaseException) -> ApplicationError:
    if not isinstance(reason, RPCError):
        return ApplicationError("The worker could not begin the task; its log says why", type="TaskNotTaken")
    is_large = reason.is_message_too_large
    return ApplicationError(
        f"The task could not be taken: {reason.message}. {advice_on(reason)}",
        type="TaskTooLarge" if is_large else "TaskUnreadable",
        non_retryable=is_large,
    )
