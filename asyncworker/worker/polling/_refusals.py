"""Fail the attempts of tasks that cannot be taken: all that is known of them is their token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from ..._safe_logger import get_logger
from ...exceptions import ApplicationError, RPCError
from .._supervision import is_scope_cancelled
from ..attempts.reporting._outcome import Failed
from ..attempts.reporting._reply import encode_reply, is_closed, send_reply

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .._stages import Stage
    from ..attempts._run_environment import RunEnvironment

__all__ = ["Refusals", "advice_on"]

_logger = get_logger(__name__)


class Refusals:
    """The reports under way of attempts whose tasks cannot be taken.

    An attempt whose task is too large fails for good: the next one has the same arguments and the same heartbeat
    details, and meets the same limit. One whose task cannot be read may have been garbled on its way, and is retried.

    Args:
        environment: Of the worker.
        timeout: Seconds for one report; the attempt of one that takes longer runs into its timeout.
        shutdown_timeout: Seconds for the reports that are left when the last poll has ended.
    """

    def __init__(self, environment: RunEnvironment, *, timeout: float = 60.0, shutdown_timeout: float = 5.0) -> None:
        self._environment = environment
        self._timeout = timeout
        self._shutdown_timeout = shutdown_timeout
        self._group: TaskGroup | None = None

    def __repr__(self) -> str:
        return f"<Refusals of {self._environment.task_queue!r}>"

    @asynccontextmanager
    async def reporting(self, abandon: Stage) -> AsyncIterator[None]:
        """Report for the length of a block; what is under way at its end gets some seconds more.

        Args:
            abandon: The stage of a shutdown that drops the reports.

        Cancelling drops them as well.
        """
        async with anyio.create_task_group() as group:
            self._group = group
            yield
            group.cancel_scope.deadline = self._environment.loop.time() + self._shutdown_timeout
            abandon.ends(group.cancel_scope)

    def add(self, token: bytes, reason: BaseException) -> None:
        """Fail the attempt with this token, as its task cannot be taken for *reason*."""
        assert self._group is not None
        self._group.start_soon(self._report, token, _failure(reason))

    async def _report(self, token: bytes, failure: ApplicationError) -> None:
        environment = self._environment
        until = environment.loop.time() + self._timeout
        try:
            with anyio.fail_after(self._timeout):
                reply, reported = await encode_reply(
                    environment,
                    environment.converter,
                    token,
                    Failed(failure),
                    signature=None,
                )
                await send_reply(environment, reply, reported, until=until)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a converter or a codec of the user's raises what it likes
            if isinstance(error, asyncio.CancelledError) and is_scope_cancelled():
                raise
            if not (isinstance(error, RPCError) and is_closed(error)):
                _logger.exception(
                    "an attempt of queue %r whose task could not be taken was not reported: it runs into its timeout",
                    environment.task_queue,
                )


def advice_on(error: RPCError) -> str:
    """Return what to do about an answer that was refused with *error*."""
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
