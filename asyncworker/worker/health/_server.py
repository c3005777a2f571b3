"""The listener for health probes: a thread of its own, so that it responds while the event loop is blocked.

One per address and process, for all the workers that name it: the first to come starts it, the last to go ends it. It
holds few connections, each for a few seconds and one request, whatever the other side does. It keeps a file descriptor
in reserve: a process that has no other left is no better off restarted by a probe that went unanswered.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from ..._log_throttle import LogThrottle
from ..._safe_logger import get_logger
from ...exceptions import ConfigurationError
from ._pages import Pages
from ._requests import MAX_HEAD, HealthSource, Page, PageRequest, is_complete, page_request, response_to

__all__ = ["HealthAddress", "serving"]

_logger = get_logger(__name__)

HealthAddress = tuple[str, int]

_MAX_CONNECTIONS = 16
# Connections that the system accepts meanwhile.
_BACKLOG = 128
# Seconds that a connection may take, and that the thread gets to end.
_TIMEOUT = 5.0
_JOIN = 1.0
# Seconds until it accepts connections again, if it could not for want of file descriptors or memory.
_PAUSE = 1.0
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class _Connection:
    """One request and its response."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self.socket = connection
        self.until = until
        self.received = b""
        self.to_send: bytes | None = None
        self.page: PageRequest | None = None

    def go_on(self, sources: tuple[HealthSource, ...], paths: tuple[str, ...]) -> bool:
        """Read or write what there is; return whether it is over, for this thread."""
        if self.to_send is None:
            data = self.socket.recv(MAX_HEAD)
            self.received += data
            if not data:
                return True
            if not is_complete(self.received) and len(self.received) <= MAX_HEAD:
                return False
            self.page = page_request(self.received, paths)
            if self.page is not None:
                return True
            self.to_send = response_to(self.received, sources)
        self.to_send = self.to_send[self.socket.send(self.to_send) :]
        return not self.to_send


class HealthServer:
    """Listens at one address.

    Args:
        address: Host and port.

    Raises:
        ConfigurationError: That is no address of this machine, or it is taken.
    """

    def __init__(self, address: HealthAddress) -> None:
        self._address = address
        self._listener = _listen(address)
        self._sources: tuple[HealthSource, ...] = ()
        self._pages = Pages()
        self._reserve = _open_reserve()
        # Until when no connections are accepted; `None`: they are.
        self._paused_until: float | None = None
        self._exhaustion = LogThrottle()
        self._connections: dict[socket.socket, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._inside, self._outside = socket.socketpair()
        for readable in (self._listener, self._inside):
            readable.setblocking(False)
            self._selector.register(readable, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="asyncworker health", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<HealthServer {_text(self._address)} [{len(self._sources)} workers]>"

    @property
    def is_unused(self) -> bool:
        """Whether it has no worker."""
        return not self._sources

    def add(self, source: HealthSource, pages: Mapping[str, Page]) -> None:
        """Show a worker, and the pages that it brings."""
        self._sources = (*self._sources, source)
        self._pages.add(pages)

    def remove(self, source: HealthSource, pages: Mapping[str, Page]) -> None:
        """Show them no more."""
        self._sources = tuple(it for it in self._sources if it is not source)
        self._pages.remove(pages)

    def close(self) -> None:
        """Listen no more, and wait for the thread."""
        self._outside.close()
        self._thread.join(_JOIN)

    def forget(self) -> None:
        """Close the sockets of the parent, in a forked child: it would keep the port."""
        for each in (self._listener, self._inside, self._outside, *self._connections):
            each.close()
        self._release_reserve()

    # In the thread

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except Exception:
            _logger.exception("the listener for health probes at %s has failed, and is closed", _text(self._address))
        finally:
            self._selector.close()
            for each in (self._listener, self._inside, *self._connections):
                each.close()
            self._release_reserve()

    def _turn(self) -> bool:
        """Handle what is ready; return whether to go on."""
        now = monotonic()
        for each in [it for it in self._connections.values() if it.until <= now]:
            self._drop(each)
        waits = [each.until - now for each in self._connections.values()]
        if self._paused_until is not None:
            self._resume(now)
            waits.append(_PAUSE)
        ready = [key.fileobj for key, _ in self._selector.select(min(waits) if waits else None)]
        if self._inside in ready:
            return False
        for it in ready:
            if isinstance(it, socket.socket) and it in self._connections:
                self._go_on(self._connections[it])
        # After those: it may take the place of one of them.
        if self._listener in ready:
            self._accept()
        return True

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED and not self._release_reserve():
                # It stays readable, and would be asked again at once.
                self._selector.unregister(self._listener)
                self._paused_until = monotonic() + _PAUSE
                if self._exhaustion.should_log("", monotonic()):
                    _logger.warning("health probes at %s have to wait: %s", _text(self._address), error.strerror)
            return
        if len(self._connections) >= _MAX_CONNECTIONS:
            # The oldest. A probe sends its request at once; to refuse it would have the process restarted.
            self._drop(next(iter(self._connections.values())))
        accepted.setblocking(False)
        self._connections[accepted] = _Connection(accepted, monotonic() + _TIMEOUT)
        self._selector.register(accepted, selectors.EVENT_READ)

    def _resume(self, now: float) -> None:
        if self._paused_until is not None and self._paused_until <= now:
            self._paused_until = None
            self._restore_reserve()
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _restore_reserve(self) -> None:
        if self._reserve is None:
            self._reserve = _open_reserve()

    def _release_reserve(self) -> bool:
        """Free the file descriptor in reserve for a connection; return whether there was one."""
        if self._reserve is None:
            return False
        os.close(self._reserve)
        self._reserve = None
        return True

    def _go_on(self, connection: _Connection) -> None:
        try:
            is_over = connection.go_on(self._sources, self._pages.paths)
        except BlockingIOError:
            is_over = False
        except OSError:
            is_over = True
        except Exception:
            _logger.exception("a health probe could not be responded to")
            is_over = True
        if connection.page is not None:
            self._release(connection)
            self._pages.respond(connection.socket, connection.page)
        elif is_over:
            self._drop(connection)
        elif connection.to_send is not None:
            self._selector.modify(connection.socket, selectors.EVENT_WRITE)

    def _drop(self, connection: _Connection) -> None:
        self._release(connection)
        connection.socket.close()
        self._restore_reserve()

    def _release(self, connection: _Connection) -> None:
        self._selector.unregister(connection.socket)
        del self._connections[connection.socket]


def _open_reserve() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None


def _listen(address: HealthAddress) -> socket.socket:
    host, port = address
    try:
        family, kind, protocol, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":
                # A port whose last connection has just been closed counts as free.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigurationError(f"health_address: cannot listen on {_text(address)}: {why}") from error
    return listener


def _text(address: HealthAddress) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# The listeners of the process, by address. Held for a moment only: workers may be on several loops.
_servers: dict[HealthAddress, HealthServer] = {}
_lock = threading.Lock()


@contextmanager
def serving(address: HealthAddress | None, source: HealthSource, pages: Mapping[str, Page]) -> Iterator[None]:
    """Show the health of a worker at *address* in the block, and the pages that it brings; ``None``: nowhere.

    Raises:
        ConfigurationError: That is no address of this machine, or it is taken.
    """
    if address is None:
        yield
        return
    with _lock:
        server = _servers.get(address)
        if server is None:
            server = _servers[address] = HealthServer(address)
            _logger.info("health probes: http://%s/livez, %s", _text(address), ", ".join(["/readyz", *pages]))
        server.add(source, pages)
    try:
        yield
    finally:
        with _lock:
            server.remove(source, pages)
            is_last = server.is_unused
            if is_last:
                _servers.pop(address, None)
                server.close()


def _forget() -> None:
    """Forget the listeners in a forked child, which has not their threads."""
    global _lock  # noqa: PLW0603 - another thread may have held it
    _lock = threading.Lock()
    for server in _servers.values():
        server.forget()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
