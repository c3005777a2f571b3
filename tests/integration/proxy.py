"""A way to a server that can be counted, cut off, and let fall silent."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Proxy:
    """Pass TCP connections on, on the loopback interface, for the length of a block.

    Args:
        target: ``host:port`` to pass on to.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._host, self._port = host, int(port)
        self._own_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        #: How many connections were passed on.
        self.accepted = 0
        #: How many were reset as soon as they came.
        self.refused = 0

    def __repr__(self) -> str:
        return f"<Proxy [{'cut' if self._is_cut else 'open'}, {self.accepted} accepted, {self.refused} refused]>"

    @property
    def target(self) -> str:
        """Where it listens, as ``host:port``."""
        return f"127.0.0.1:{self._own_port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._own_port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Reset all connections, and new ones as soon as they come."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        """Pass connections on again."""
        self._is_cut = False

    def freeze(self) -> None:
        """Pass nothing on, and say nothing: what a router that has forgotten its connections does to them."""
        self._flows.clear()

    def release(self) -> None:
        """Deliver, in order, what was held back since :meth:`freeze`."""
        self._flows.set()

    def thaw(self) -> None:
        """Let new connections through; those of before stay silent."""
        for pump in self._pumps:
            pump.cancel()
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.refused += 1
            writer.transport.abort()
            return
        self.accepted += 1
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers.update((writer, far_writer))
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            pump = asyncio.get_running_loop().create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
            sink.write_eof()
        except OSError:
            # One side's end is the other's; a pump that is cancelled leaves both as they are.
            sink.transport.abort()
