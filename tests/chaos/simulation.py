"""A network in memory and a clock that jumps: hours of outages and timeouts in milliseconds, the same each time.

The loop's clock stands still while there is anything to do, and then jumps to the next timer. Connections are pipes
in memory, made by ``create_connection`` and ``create_server`` as ever, so that neither end knows. What a real network
does to connections can be done to these: refuse, cut, reset, silence, delay, and tear what is sent into pieces.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class JumpingSelector(selectors.DefaultSelector):
    """Where there is nothing to wait for but time, it does not wait."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        # Without a timer only another thread can go on.
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in its own time, on its own network."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)
        self.network = Network(self)

    def time(self) -> float:
        return self._jumping.now

    async def create_connection(self, protocol_factory, host=None, port=None, **options):  # type: ignore[override]
        assert not options.get("ssl"), "there is no TLS in the simulation"
        host, port = options.get("sock") or (host, port)
        return await self.network.connect(protocol_factory, host, port)

    async def create_server(self, protocol_factory, host=None, port=None, **options):  # type: ignore[override]
        return Listener(self.network, protocol_factory, (host, port))


class Network:
    """All hosts, and the links between them.

    Attributes:
        latency: Seconds that bytes are under way.
        shred: Says how long the next piece is of what is written; ``None`` leaves it whole.
        names: The hosts that the name service knows; others are not found.
        is_dropping: Whether packets that ask for a connection go nowhere.
        links: Every connection there ever was.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.latency = 0.001
        self.shred: Callable[[], int] | None = None
        self.names = {"temporal"}
        self.is_dropping = False
        self.listeners: dict[tuple[str, int], ProtocolFactory] = {}
        self.links: list[Link] = []

    async def connect(self, protocol_factory: ProtocolFactory, host: str, port: int) -> tuple[End, Any]:
        await asyncio.sleep(self.latency)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")
        while self.is_dropping:  # noqa: ASYNC110 - packets are sent again and again
            await asyncio.sleep(1)
        if (host, port) not in self.listeners:
            raise ConnectionRefusedError(f"there is no listener on {host}:{port}")
        link = Link(self, protocol_factory(), self.listeners[host, port]())
        self.links.append(link)
        await asyncio.sleep(self.latency)
        return link.client, link.client.protocol

    @property
    def open_links(self) -> list[Link]:
        return [link for link in self.links if not link.client.is_lost]

    @contextmanager
    def unknown(self, host: str) -> Iterator[None]:
        """Have the name service not know a host."""
        self.names.discard(host)
        try:
            yield
        finally:
            self.names.add(host)


class Listener:
    """What a server has while it listens."""

    def __init__(self, network: Network, protocol_factory: ProtocolFactory, address: tuple[str, int]) -> None:
        assert address not in network.listeners, f"{address} is taken"
        self._network = network
        self._address = address
        network.listeners[address] = protocol_factory

    def close(self) -> None:
        self._network.listeners.pop(self._address, None)


class Link:
    """One connection, with its two ends."""

    def __init__(self, network: Network, client: asyncio.BaseProtocol, server: asyncio.BaseProtocol) -> None:
        self.network = network
        self.is_silent = False
        self.client = End(self, client)
        self.server = End(self, server)
        self.client.peer, self.server.peer = self.server, self.client
        for end in (self.server, self.client):
            end.protocol.connection_made(end)

    def cut(self) -> None:
        """Reset it: both ends learn of it, and what was under way is lost."""
        for end in (self.client, self.server):
            end.pipe.clear()
            end.lose(ConnectionResetError("the network has cut the connection"))

    def silence(self) -> None:
        """Let nothing through any more, in neither direction, without either end's learning of it."""
        self.is_silent = True


class _NoSocket:
    def setsockopt(self, *_: object) -> None:
        """Take any option."""


class End(asyncio.Transport):
    """One end of a link.

    Attributes:
        written: Bytes that were written here.
        received: Bytes that have arrived here.
    """

    peer: End

    def __init__(self, link: Link, protocol: Any) -> None:
        super().__init__({"socket": _NoSocket(), "peername": ("simulated", 0)})
        self.link = link
        self.protocol = protocol
        self.pipe: deque[bytes | Exception | None] = deque()
        self.is_lost = False
        self._is_closing = False
        self.written = 0
        self.received = 0

    def is_closing(self) -> bool:
        return self._is_closing

    def get_protocol(self) -> Any:
        return self.protocol

    def write(self, data: Any) -> None:
        if self._is_closing:
            return
        self.written += len(data)
        for piece in self._pieces(bytes(data)):
            self._send(piece)

    def close(self) -> None:
        if not self._is_closing:
            self._send(None)
            self.lose(None)

    def abort(self) -> None:
        if not self.is_lost:
            self.pipe.clear()
            self._send(ConnectionResetError("reset by the other end"))
            self.lose(None)

    def lose(self, error: Exception | None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self.link.network.loop.call_soon(self._connection_lost, error)

    def _connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        self.protocol.connection_lost(error)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        shred = self.link.network.shred
        while shred is not None and len(data) > 1:
            size = shred()
            yield data[:size]
            data = data[size:]
        if data:
            yield data

    def _send(self, what: bytes | Exception | None) -> None:
        self.pipe.append(what)
        network = self.link.network
        # One timer for each piece; whichever goes off takes the oldest, so that nothing overtakes.
        network.loop.call_later(network.latency, self._deliver)

    def _deliver(self) -> None:
        if not self.pipe:
            return
        what = self.pipe.popleft()
        peer = self.peer
        if self.link.is_silent or peer._is_closing:
            return
        if isinstance(what, bytes):
            peer.received += len(what)
            _feed(peer.protocol, what)
        else:
            peer.lose(what)


def _feed(protocol: Any, data: bytes) -> None:
    if not isinstance(protocol, asyncio.BufferedProtocol):
        protocol.data_received(data)
        return
    while data:
        buffer = protocol.get_buffer(len(data))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]  # type: ignore[index]
        protocol.buffer_updated(size)
        data = data[size:]
