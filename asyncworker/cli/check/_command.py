"""The command: load, look, connect, ask; then print the findings."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
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
from .._entrypoint import Entrypoint, find_entrypoint
from .._load import load, workers_from
from .._plain import in_a_line
from .._report import FAILURE
from ..run._options import AppDir, Factory, Target
from ._certificates import client_certificate_end, server_certificate_end
from ._findings import Finding, capability_findings, expiry_finding, files_finding, worker_findings

if sys.platform != "win32":
    import resource

__all__ = ["check"]

_CONNECT_TIMEOUT = 10.0
_TRIES = "is the server there, and do address, TLS and credentials agree with it? `temporal operator cluster health`"
_SIGNS = {"ok": "ok     ", "note": "note   ", "warning": "WARNING", "error": "ERROR  "}


@takes_connection
def check(
    target: Target = None,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look for what would keep workers from their work: code, settings, connection, certificates, namespace.

    Takes no task and writes nothing to the server. The exit code is 1 if there is an error, else 0.
    """
    findings = asyncio.run(_find(find_entrypoint(target, app_dir, factory=factory)))
    if as_json:
        print(json.dumps({"findings": [asdict(each) for each in findings]}, indent=2))  # noqa: T201 - this is a command
    else:
        for each in findings:
            print(f"{_SIGNS[each.level]} {in_a_line(f'{each.subject}: {each.message}')}")  # noqa: T201 - this is a command
            if each.advice:
                print(f"        → {in_a_line(each.advice)}")  # noqa: T201 - this is a command
    if any(each.level == "error" for each in findings):
        raise typer.Exit(FAILURE)


async def _find(entrypoint: Entrypoint) -> Sequence[Finding]:
    return [each async for each in _findings(entrypoint)]


async def _findings(entrypoint: Entrypoint) -> AsyncIterator[Finding]:
    yield Finding("ok", "versions", f"asyncworker {client_version()} on Python {platform.python_version()}")
    stack = AsyncExitStack()
    try:
        found: Any = load(entrypoint.target, entrypoint.app_dir)
        workers = await stack.enter_async_context(workers_from(found, entrypoint))
    except Exception as error:  # noqa: BLE001 - a factory is user code
        message = str(error) if isinstance(error, AsyncWorkerError) else f"{type(error).__name__}: {error}"
        advice = "correct the module, or the argument: nothing else can be looked at"
        yield Finding("error", entrypoint.target, message, advice)
        return
    async with stack:
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
