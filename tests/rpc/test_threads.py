from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest
from far_ends import CA_PEM, ECHO, GrpclibFarEnd, until

from asyncworker import Client
from asyncworker._rpc import _threads
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._target import Target, TLSConfig
from asyncworker._rpc._threads import in_own_thread
from asyncworker._rpc.http2._transport import Http2Transport


@pytest.fixture
def released():
    """What threads wait for, until the test's end at the latest."""
    event = threading.Event()
    yield event
    event.set()


@contextmanager
def full_default_pool(loop):
    """Every thread of the loop's default pool is taken, as activities take it with `asyncio.to_thread`."""
    released = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        loop.set_default_executor(pool)
        loop.run_in_executor(None, released.wait)
        try:
            yield
        finally:
            released.set()


async def give_up(what, function):
    """Wait in vain for a moment."""
    with anyio.move_on_after(0.01) as scope:
        await in_own_thread(what, function)
    assert scope.cancelled_caught


async def test_a_blocking_call_returns_and_raises_as_it_would():
    """What the thread returns is returned, what it raises is raised, and it is gone then."""
    assert await in_own_thread("count", partial(int, "7")) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await in_own_thread("count", partial(int, "seven"))
    await until(lambda: not any("count" in thread.name for thread in threading.enumerate()))


async def test_a_thread_that_hangs_can_be_given_up(released):
    """The waiting task may be cancelled while the thread hangs, and others of the same kind go on beside it."""
    await give_up("look up slow.test", released.wait)

    assert await in_own_thread("look up slow.test", partial(int, "7")) == 7


async def test_threads_that_hang_do_not_pile_up(released):
    """Eight that hang in the same thing are enough; another thing is none of theirs, and they may come back."""
    for _ in range(8):
        await give_up("look up gone.test", released.wait)

    with pytest.raises(OSError, match=r"8 earlier attempts to look up gone\.test still hang"):
        await in_own_thread("look up gone.test", partial(int, "7"))
    assert await in_own_thread("look up other.test", partial(int, "7")) == 7

    released.set()
    await until(lambda: not _threads._hanging)
    assert await in_own_thread("look up gone.test", partial(int, "7")) == 7


async def test_awaited_threads_are_not_counted_as_hanging():
    """Threads that are awaited do not count, however many there are."""
    barrier = threading.Barrier(20)

    assert len(await asyncio.gather(*(in_own_thread("meet", barrier.wait) for _ in range(20)))) == 20


def test_a_thread_outlives_a_closed_loop(released):
    """A thread whose loop has been closed ends in silence."""
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(in_own_thread("be late", released.wait), 0.01))

    late = [thread for thread in threading.enumerate() if "be late" in thread.name]
    released.set()
    for thread in late:
        thread.join()
    assert late


@pytest.mark.process
def test_a_hanging_thread_does_not_keep_the_process():
    """A process ends while a thread hangs."""
    script = """
import asyncio, threading
from asyncworker._rpc._threads import in_own_thread
async def main():
    waiting = asyncio.create_task(in_own_thread("hang", threading.Event().wait))
    await asyncio.sleep(0)
asyncio.run(main())
print("over")
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], check=False, capture_output=True, text=True, timeout=20
    )

    assert (done.stdout, done.stderr, done.returncode) == ("over\n", "", 0)


# What a worker's life depends on


LOOPS = ["asyncio", "uvloop"]
TRANSPORTS = {"default": Http2Transport, "grpclib": GrpclibTransport.to}


def run_on(kind, main):
    """Run a coroutine function on a loop of one kind, and pass it the loop."""
    factory = None if kind == "asyncio" else pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main(runner.get_loop()))


@pytest.mark.parametrize("loop_kind", LOOPS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("tls", [None, TLSConfig(server_root_ca_cert=CA_PEM)], ids=["plaintext", "tls"])
@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_connection_is_made_while_the_default_pool_is_full(name, tls, host, loop_kind):
    """Neither a look-up nor a TLS context waits for a thread that activities may have taken."""

    async def main(loop):
        async with GrpclibFarEnd(tls=tls is not None).running() as far:
            transport = TRANSPORTS[name](Target(host, far.port, tls=tls))
            with full_default_pool(loop):
                assert await transport.unary(ECHO, b"request", timeout=10.0) == b"request"
                await transport.close()

    run_on(loop_kind, main)


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux shows them")
@pytest.mark.parametrize("loop_kind", LOOPS)
def test_an_address_takes_no_thread(loop_kind):
    """Connecting to an address needs none of the loop's own threads, whose number is four on uvloop."""
    script = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[1])
from far_ends import ECHO, GrpclibFarEnd
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc.http2._transport import Http2Transport
async def main():
    async with GrpclibFarEnd(tls=False).running() as far:
        before = len(os.listdir("/proc/self/task"))
        for transport in Http2Transport(far.target()), GrpclibTransport.to(far.target()):
            await transport.unary(ECHO, b"", timeout=10.0)
            await transport.close()
        print(len(os.listdir("/proc/self/task")) - before)
if sys.argv[2] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""
    if loop_kind == "uvloop":
        pytest.importorskip("uvloop")
    command = [sys.executable, "-X", "dev", "-c", script, str(Path(__file__).parent), loop_kind]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)

    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr


async def test_settings_are_read_while_the_default_pool_is_full():
    """A worker that connects itself begins however full the pool is."""
    with full_default_pool(asyncio.get_running_loop()):
        client = await Client.connect("127.0.0.1:1", lazy=True)
    await client.close()


async def test_a_process_without_threads_to_spare_cannot_look_up_a_name(monkeypatch):
    """Where the system starts no thread, the look-up fails as a network error does: it is tried again."""

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)

    with pytest.raises(OSError, match=r"no thread to look up name\.test: can't start new thread"):
        await in_own_thread("look up name.test", int)
