"""The command: load, look, connect, ask; then print the findings."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..._proto.temporal.api.workflowservice.v1 import GetSystemInfoRequest
from ..._rpc._methods import GET_SYSTEM_INFO
from ..._version import client_version
from ...client import Client
from ...config import ConnectConfig
from ...exceptions import AsyncWorkerError, ConfigurationError
from ...worker import Worker
from ...worker.control._namespace import describe_namespace
from .._connection import takes_connection
from .._duration import parse_duration
from .._entrypoint import Entrypoint, find_entrypoint
from .._frames import in_a_line, place_in
from .._leave import running
from .._load import load, workers_from
from .._plain import in_a_line as escaped
from .._report import FAILURE
from ..run._options import AppDir, Factory, Target
from ._bounds import bounded
from ._certificates import client_certificate_end, server_certificate_end
from ._findings import Finding, capability_findings, expiry_finding, files_finding, worker_findings

if sys.platform != "win32":
    import resource

__all__ = ["check"]

_LOAD_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 10.0
# Seconds after which code that does not heed its cancellation is left behind with the process.
_CANCEL_GRACE = 2.0
_TRIES = (
    "is the server there, and do address (--address, TEMPORAL_ADDRESS), TLS and credentials agree with it?"
    " `temporal operator cluster health`"
)
_HANGS = "mend what waits there, or give it more time"
_SIGNS = {"ok": "ok     ", "note": "note   ", "warning": "WARNING", "error": "ERROR  "}


@takes_connection
def check(
    target: Target = None,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="ASYNCWORKER_CHECK_JSON", help="Print one JSON object.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            parser=parse_duration,
            metavar="DURATION",
            envvar="ASYNCWORKER_CHECK_TIMEOUT",
            help="How long importing the module may take, and then making the workers.",
        ),
    ] = _LOAD_TIMEOUT,
) -> None:
    """Look for what would keep workers from their work: code, settings, connection, certificates, namespace.

    Takes no task and writes nothing to the server. The exit code is 1 if there is an error, else 0.
    """
    findings: list[Finding] = []
    inspection = _Inspection(find_entrypoint(target, app_dir, factory=factory), timeout, findings, as_json=as_json)
    # What hangs in a thread is left behind.
    with running(None) as runner:
        runner.run(inspection.run())
    _print(findings, as_json=as_json)
    if any(each.level == "error" for each in findings):
        raise typer.Exit(FAILURE)


def _print(findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"findings": [asdict(each) for each in findings]}, indent=2))  # noqa: T201 - this is a command
        return
    for each in findings:
        print(f"{_SIGNS[each.level]} {escaped(f'{each.subject}: {each.message}')}")  # noqa: T201 - this is a command
        if each.advice:
            print(f"        → {escaped(each.advice)}")  # noqa: T201 - this is a command


class _Inspection:
    """One look at what an entrypoint names.

    Args:
        entrypoint: Names the workers.
        timeout: Seconds for each step in the user's code.
        findings: What is found is added to these.
        as_json: How they are printed if a step does not end.
    """

    def __init__(self, entrypoint: Entrypoint, timeout: float, findings: list[Finding], *, as_json: bool) -> None:
        self._entrypoint = entrypoint
        self._timeout = timeout
        self._findings = findings
        self._as_json = as_json

    async def run(self) -> None:
        """Look at everything, as far as the user's code lets."""
        version = f"asyncworker {client_version()} on Python {platform.python_version()}"
        self._findings.append(Finding("ok", "versions", version))
        stack = AsyncExitStack()
        with self._as_finding("correct the module, or the argument: nothing else can be looked at"):
            workers = await self._load(stack)
            async for each in _findings(workers):
                self._findings.append(each)
        with self._as_finding("correct what follows its yield"):
            async with self._bounded(f"--factory: leaving {self._entrypoint.target}"):
                await stack.aclose()

    @contextmanager
    def _as_finding(self, advice: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - of the user's code
            message = str(error) if isinstance(error, AsyncWorkerError) else in_a_line(error)
            self._findings.append(Finding("error", self._entrypoint.target, message, advice))

    async def _load(self, stack: AsyncExitStack) -> Sequence[Worker]:
        entrypoint = self._entrypoint
        async with self._bounded(f"importing {entrypoint.target}"):
            found: Any = load(entrypoint.target, entrypoint.app_dir)
        async with self._bounded(f"--factory: calling {entrypoint.target}"):
            return await stack.enter_async_context(workers_from(found, entrypoint))

    @asynccontextmanager
    async def _bounded(self, what: str) -> AsyncIterator[None]:
        def too_long(place: str) -> ConfigurationError:
            return ConfigurationError(f"{what} did not end within {self._timeout:g} s (--timeout): it is at {place}")

        def give_up(place: str) -> None:
            error = Finding("error", self._entrypoint.target, str(too_long(place)), _HANGS)
            _print([*self._findings, error], as_json=self._as_json)
            sys.stdout.flush()
            os._exit(FAILURE)

        with bounded(self._timeout + _CANCEL_GRACE, give_up):
            try:
                async with asyncio.timeout(self._timeout) as limit:
                    yield
            except TimeoutError as error:
                if not limit.expired():
                    raise
                # The cancellation came out of where it waited.
                frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
                raise too_long(place_in(frames)) from error


async def _findings(workers: Sequence[Worker]) -> AsyncIterator[Finding]:
    for worker in workers:
        for finding in worker_findings(worker):
            yield finding
    if sys.platform != "win32":
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        yield files_finding(sys.maxsize if limit == resource.RLIM_INFINITY else limit, workers)
    if any(worker.client is None for worker in workers):
        async for finding in _config_findings():
            yield finding
    for worker in workers:
        async for finding in _server_findings(worker):
            yield finding


async def _config_findings() -> AsyncIterator[Finding]:
    try:
        config = ConnectConfig.load()
    except ConfigurationError as error:
        yield Finding("error", "connection", str(error), "correct the setting that it names")
        return
    security = "without TLS" if config.tls is None else "with TLS"
    yield Finding("ok", "connection", f"{config.address}, namespace {config.namespace!r}, {security}")
    if config.tls is None:
        return
    if config.tls.disable_host_verification:
        advice = "for tests only: anything in between can read and change what is sent"
        yield Finding("warning", "TLS", "any certificate of the server is accepted", advice)
    now = datetime.now(UTC)
    try:
        ends = client_certificate_end(config.tls)
        if ends is not None:
            yield expiry_finding("client certificate", ends, now)
    except (OSError, ValueError) as error:
        yield Finding("error", "client certificate", str(error), "give a PEM certificate that can be read")
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            ends = await server_certificate_end(config.address, config.tls)
    except (OSError, TimeoutError, ConfigurationError) as error:
        yield Finding("error", "server certificate", str(error) or "timed out", _TRIES)
    else:
        yield expiry_finding("server certificate", ends, now)


async def _server_findings(worker: Worker) -> AsyncIterator[Finding]:
    subject = f"worker of {worker.task_queue!r}"
    client = worker.client
    try:
        if client is None:
            async with await Client.connect(connect_timeout=_CONNECT_TIMEOUT) as client:
                async for finding in _asked(client, worker):
                    yield finding
        else:
            async with client:
                async for finding in _asked(client, worker):
                    yield finding
    except AsyncWorkerError as error:
        yield Finding("error", subject, str(error), _TRIES)


async def _asked(client: Client, worker: Worker) -> AsyncIterator[Finding]:
    """Ask the server, by calls that change nothing."""
    subject = f"worker of {worker.task_queue!r}"
    system = await client.service.call(GET_SYSTEM_INFO, GetSystemInfoRequest())
    yield Finding("ok", subject, f"connected: server {system.server_version or 'of an unknown version'}")
    namespace = await describe_namespace(client.service)
    limit = f"payloads of up to {namespace.limits.blob:,} bytes" if namespace.limits.blob else "no limit of payloads"
    yield Finding("ok", subject, f"namespace {client.namespace!r} is there, {limit}")
    for finding in capability_findings(namespace.capabilities, worker):
        yield finding
