"""``asyncworker exec``: start a standalone activity, show its progress, print its result."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer
from pydantic_core import to_json
from rich.console import Console

from ..activity import Definition
from ..client import ActivityHandle, Client
from ..client.activities._start import type_of
from ..common import Priority, RetryPolicy
from ..config import ConnectConfig
from ..converter import DataConverter, Payload, PayloadCodec, RemoteCodec
from ..exceptions import (
    ActivityFailureError,
    ApplicationError,
    CancelledError,
    CodecError,
    ConfigurationError,
    ConverterError,
    RPCError,
    RPCStatusCode,
    TerminatedError,
    TimeoutError as ActivityTimeoutError,
)
from ..worker._signals import INTERRUPTS, on_signals
from ._connection import is_on_this_machine, takes_connection
from ._duration import parse_duration
from ._load import activities_in, load
from ._plain import safe_json
from ._report import FAILURE, CommandError, say
from .display._view import View, open_view

__all__ = ["exec_"]

#: The exit code for each way to end without a result.
EXIT_CODES: Mapping[type[BaseException], int] = {
    ApplicationError: 1,
    ActivityTimeoutError: 3,
    CancelledError: 4,
    TerminatedError: 5,
}
_LEFT = 128 + signal.SIGINT
# Of an activity that is given by its type no declaration is known, and the server insists on a timeout.
_DEFAULT_TIMEOUT = 60.0
# A person is waiting at the terminal.
_CONNECT_TIMEOUT = 5.0
# Seconds after which that person is shown why nothing happens.
_SILENCE = 1.0
# Seconds that the last description may come after the result.
_SHOW_END = 1.0


def _duration(variable: str, help: str) -> Any:
    return typer.Option(parser=parse_duration, metavar="DURATION", envvar=f"ASYNCWORKER_EXEC_{variable}", help=help)


Activity = Annotated[str, typer.Argument(metavar="TYPE", help="An activity type, or module:function.")]
Arguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ARGS]...", help="Its arguments, as JSON; other text is sent as a string."),
]
TaskQueue = Annotated[
    str | None,
    typer.Option(envvar="TEMPORAL_TASK_QUEUE", help="The queue that its workers poll. Default: as declared."),
]
Id = Annotated[str | None, typer.Option(envvar="ASYNCWORKER_EXEC_ID", help="Its id. Default: a new one.")]
StartToClose = Annotated[
    float | None,
    _duration("START_TO_CLOSE_TIMEOUT", "The limit of one attempt. Default: as declared, or 60s."),
]
ScheduleToClose = Annotated[float | None, _duration("SCHEDULE_TO_CLOSE_TIMEOUT", "The limit of all attempts together.")]
ScheduleToStart = Annotated[float | None, _duration("SCHEDULE_TO_START_TIMEOUT", "The limit of the wait for a worker.")]
HeartbeatTimeout = Annotated[
    float | None,
    _duration(
        "HEARTBEAT_TIMEOUT",
        "The longest time between heartbeats. Progress is updated every 0.8 times this, or every 30s.",
    ),
]
StartDelay = Annotated[float | None, _duration("START_DELAY", "Wait this long before the first attempt.")]
RetryMaxAttempts = Annotated[
    int | None,
    typer.Option(min=0, envvar="ASYNCWORKER_EXEC_RETRY_MAX_ATTEMPTS", help="The number of attempts; 0 is no limit."),
]
PriorityKey = Annotated[
    int | None, typer.Option(min=1, max=5, envvar="ASYNCWORKER_EXEC_PRIORITY", help="From 1, urgent, to 5.")
]
FairnessKey = Annotated[
    str | None,
    typer.Option(envvar="ASYNCWORKER_EXEC_FAIRNESS_KEY", help="The key whose share of the queue it takes."),
]
AppDir = Annotated[
    Path, typer.Option(envvar="ASYNCWORKER_APP_DIR", help="The directory that a module is imported from first.")
]


@takes_connection
def exec_(
    activity: Activity,
    arguments: Arguments = None,
    task_queue: TaskQueue = None,
    id: Id = None,
    start_to_close_timeout: StartToClose = None,
    schedule_to_close_timeout: ScheduleToClose = None,
    schedule_to_start_timeout: ScheduleToStart = None,
    heartbeat_timeout: HeartbeatTimeout = None,
    start_delay: StartDelay = None,
    retry_max_attempts: RetryMaxAttempts = None,
    priority: PriorityKey = None,
    fairness_key: FairnessKey = None,
    app_dir: AppDir = Path(),
) -> None:
    """Start a standalone activity, show its progress, and print its result as JSON.

    With module:function the declaration supplies the type, the task queue and the timeouts. Progress goes to standard
    error, the result to standard output. Ctrl-C cancels the activity; a second one leaves it running.

    The exit code is 0 if it completed, 1 if it failed, 3 if it timed out, 4 if it was cancelled, 5 if it was
    terminated; 2 if it could not be started, 130 if it was left running or not started.
    """
    function: str | Callable[..., Any] = load(activity, app_dir, activities_in) if ":" in activity else activity
    if not task_queue:
        _expect_task_queue(activity, function)
    options = {
        "task_queue": task_queue,
        "id": id,
        "start_to_close_timeout": start_to_close_timeout,
        "schedule_to_close_timeout": schedule_to_close_timeout,
        "schedule_to_start_timeout": schedule_to_start_timeout,
        "heartbeat_timeout": heartbeat_timeout,
        "start_delay": start_delay,
        "retry_policy": None if retry_max_attempts is None else RetryPolicy(maximum_attempts=retry_max_attempts),
        "priority": Priority(priority_key=priority, fairness_key=fairness_key) if priority or fairness_key else None,
        # The result is printed as it came.
        "result_type": Any,
    }
    if isinstance(function, str) and start_to_close_timeout is None and schedule_to_close_timeout is None:
        options["start_to_close_timeout"] = _DEFAULT_TIMEOUT
    raise typer.Exit(asyncio.run(_execute(function, [_value(text) for text in arguments or ()], options)))


def _expect_task_queue(given: str, activity: str | Callable[..., Any]) -> None:
    """Raise ``CommandError`` if the declaration names no task queue."""
    if not _declares_task_queue(activity):
        raise CommandError(
            f"activity {given!r} needs a task queue: give the one that its workers poll with --task-queue (or"
            " TEMPORAL_TASK_QUEUE), or run module:function, declared with @activity.defn(task_queue=…)"
        )


def _declares_task_queue(activity: str | Callable[..., Any]) -> bool:
    # What is no activity at all is for the client to refuse.
    if isinstance(activity, str):
        return False
    return not callable(activity) or (found := Definition.find(activity)) is None or bool(found.task_queue)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if text.startswith(("[", "{", '"')):
            say(f"sent as a string, as it is not JSON ({error}): {text}")
        return text


async def _execute(activity: str | Callable[..., Any], arguments: Sequence[Any], options: Mapping[str, Any]) -> int:
    left = "interrupted: nothing was started"
    try:
        async with _displaying(ConnectConfig.load()) as converter, await _connect(converter) as client:
            left = "interrupted during the start: the activity may be running"
            handle = await client.start_activity(activity, *arguments, **options)
            left = "left alone: the activity keeps running"
            result = await _Waiting(handle, type_of(activity)).result()
    except ActivityFailureError as error:
        return _report_failure(error.cause or error)
    except (RPCError, CodecError, ConverterError, TypeError, ValueError) as error:
        # The other exit codes are about the activity's end.
        raise CommandError(str(error)) from error
    except (asyncio.CancelledError, _LeftAloneError):
        say(left)
        return _LEFT
    sys.stdout.buffer.write(safe_json(to_json(result, bytes_mode="base64", fallback=str)) + b"\n")
    sys.stdout.flush()
    return 0


@asynccontextmanager
async def _displaying(config: ConnectConfig) -> AsyncIterator[DataConverter]:
    """Have a data converter that decodes by the codec endpoint of the settings, if there is one, and encodes nothing.

    Raises:
        ConfigurationError: The endpoint is no such URL.
    """
    if config.codec_endpoint is None:
        yield DataConverter.default
        return
    headers = {"Authorization": config.codec_auth} if config.codec_auth else None
    try:
        codec = RemoteCodec(config.codec_endpoint, namespace=config.namespace, headers=headers, retry_for=0)
    except ValueError as error:
        raise ConfigurationError(f"--codec-endpoint (TEMPORAL_CODEC_ENDPOINT): {error}") from error
    async with codec:
        yield DataConverter(payload_codec=_OnlyDecoding(codec))


class _OnlyDecoding(PayloadCodec):
    """Whether arguments are sent encoded is for code to say."""

    def __init__(self, codec: PayloadCodec) -> None:
        self._codec = codec

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._codec.decode(payloads)


async def _connect(converter: DataConverter) -> Client:
    """Connect, and show after a second that there is no connection yet.

    Raises:
        CommandError: There is no server at the address.
        RPCError: The server refuses.
    """
    config = ConnectConfig.load()
    timer = asyncio.get_running_loop().call_later(_SILENCE, say, f"waiting for a server at {config.address}")
    try:
        return await Client.connect(connect_timeout=_CONNECT_TIMEOUT, data_converter=converter)
    except RPCError as error:
        if error.status not in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED):
            raise
        way_out = "give the server's address with --address (or TEMPORAL_ADDRESS)"
        if is_on_this_machine(config):
            way_out += ", or start a server here with: asyncworker dev, or temporal server start-dev"
        raise CommandError(f"{error.message}; {way_out}") from error
    finally:
        timer.cancel()


class _LeftAloneError(Exception):
    """The user does not wait for the activity any longer."""


class _Waiting:
    """Wait for an activity, show its progress, and cancel it on the first signal, or leave it alone on the second."""

    def __init__(self, handle: ActivityHandle[Any], name: str) -> None:
        self._handle = handle
        self._name = name
        self._interrupted_by: signal.Signals | None = None
        self._is_interrupted = anyio.Event()
        self._has_shown_end = anyio.Event()
        self._waiting = anyio.CancelScope()

    async def result(self) -> Any:
        """Wait for the activity's result.

        Raises:
            ActivityFailureError: The activity did not complete.
            _LeftAloneError: There was a second signal.
        """
        # What reads that it has started may send a signal at once.
        with on_signals(self._on_signal, INTERRUPTS):
            say(f"started {self._name}, id {self._handle.id}")
            with open_view(Console(stderr=True), self._name) as view:
                result, failure = await self._watched(view)
        if failure is not None:
            raise failure
        if self._waiting.cancelled_caught:
            raise _LeftAloneError
        return result

    async def _watched(self, view: View) -> tuple[Any, Exception | None]:
        """Wait for the result while its progress is shown; return it, or the error that it ended with."""
        result, failure = None, None
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, view)
            group.start_soon(self._cancel_if_interrupted)
            with self._waiting:
                try:
                    result = await self._handle.result()
                except Exception as error:  # noqa: BLE001 - raised by the caller: out of the group it would be wrapped
                    failure = error
            if not self._waiting.cancelled_caught:
                # The last description says how the activity ended; it comes together with the result.
                with anyio.move_on_after(_SHOW_END):
                    await self._has_shown_end.wait()
            group.cancel_scope.cancel()
        return result, failure

    async def _watch(self, view: View) -> None:
        description = None
        try:
            while description is None or not description.status.is_closed:
                description = await self._handle.describe(changed_since=description)
                view.show(description)
        except Exception as error:  # noqa: BLE001 - the result matters more
            say(f"its progress can no longer be shown: {error}")
        self._has_shown_end.set()

    def _on_signal(self, number: signal.Signals) -> None:
        if self._interrupted_by is not None:
            self._waiting.cancel()
        else:
            say("cancelling the activity (Ctrl-C again to leave it alone)")
            self._interrupted_by = number
            self._is_interrupted.set()

    async def _cancel_if_interrupted(self) -> None:
        await self._is_interrupted.wait()
        assert self._interrupted_by is not None
        try:
            await self._handle.cancel(reason=self._interrupted_by.name)
        except Exception as error:  # noqa: BLE001 - a person would take the activity for cancelled
            say(f"the activity was not cancelled, and keeps running (Ctrl-C again to leave it alone): {error}")


def _report_failure(error: BaseException) -> int:
    """Print the failure and its causes, a line each, and return the exit code."""
    cause: BaseException | None = error
    prefix = ""
    while cause is not None:
        say(f"{prefix}{type(cause).__name__}: {cause}")
        prefix = "caused by "
        cause = cause.__cause__
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), FAILURE)
