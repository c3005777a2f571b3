"""Signals reach all workers of a process, and what else handles them; forked children have none of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from worker_helpers import Worker

from asyncworker import activity
from asyncworker.testing import FakeTemporal
from asyncworker.worker._signals import INTERRUPTS, on_signals

if sys.platform == "win32":
    pytest.skip("Windows has no SIGTERM to send", allow_module_level=True)

uvloop = pytest.importorskip("uvloop")

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
FORKING = Path(__file__).with_name("forking_process.py")
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Play = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@pytest.fixture(params=LOOPS)
def loop_name(request) -> str:
    return request.param


@pytest.fixture
def play(loop_name: str) -> Play:
    """Run a coroutine function as `asyncio.run()` does, which has a handler of its own for SIGINT."""

    def play(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop_name]) as runner:
            runner.run(body())

    return play


@pytest.fixture(autouse=True)
def dispositions() -> Iterator[None]:
    """The defaults before each test, and what was there after it."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def send(number: signal.Signals) -> None:
    """Send a signal to this process, and let the loop do what came of it."""
    signal.raise_signal(number)
    for _ in range(3):
        await asyncio.sleep(0)


@activity.defn
async def noop() -> None: ...


class Application:
    """What has handlers of its own."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def handle(self, number: int, _: object) -> None:
        self.heard.append(number)


class TestSharing:
    @pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
    def test_all_hear_a_signal_once(self, play, number):
        """A signal is for everything that listens on the loop, once for each."""

        async def body():
            one, two = [], []
            with on_signals(one.append), on_signals(two.append):
                await send(number)
                assert one == two == [number]
                await send(number)
                assert one == two == [number, number]

        play(body)

    @pytest.mark.parametrize("first", [0, 1])
    def test_in_any_order(self, play, first):
        """Whichever begins and ends first, the other hears on, and in the end there is what was there before."""

        async def body():
            before = [signal.getsignal(number) for number in NUMBERS]
            heard = [[], []]
            blocks = [ExitStack(), ExitStack()]
            for block, each in zip(blocks, heard, strict=True):
                block.enter_context(on_signals(each.append))
            blocks[first].close()
            await send(signal.SIGTERM)
            assert heard[first] == []
            assert heard[1 - first] == [signal.SIGTERM]
            blocks[1 - first].close()
            assert [signal.getsignal(number) for number in NUMBERS] == before

        play(body)

    def test_again_and_again(self, play):
        """A listener that begins after another has ended hears as well."""

        async def body():
            for _ in range(3):
                heard = []
                with on_signals(heard.append):
                    await send(signal.SIGINT)
                assert heard == [signal.SIGINT]

        play(body)

    def test_in_another_thread_there_is_nothing_to_hear(self):
        """Outside of the main thread signals are left alone."""
        before = [signal.getsignal(number) for number in NUMBERS]
        seen = []

        async def body():
            with on_signals(seen.append):
                seen.append([signal.getsignal(number) for number in NUMBERS])

        thread = threading.Thread(target=lambda: asyncio.run(body()))
        thread.start()
        thread.join()

        assert seen == [before]


class TestDispositions:
    @pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
    def test_an_ignored_signal_stays_ignored(self, play, number):
        """Under nohup, or in the background of a script, nothing is heard."""

        async def body():
            signal.signal(number, signal.SIG_IGN)
            heard = []
            with on_signals(heard.append):
                assert signal.getsignal(number) is signal.SIG_IGN
                await send(number)
            assert heard == []
            assert signal.getsignal(number) is signal.SIG_IGN

        play(body)

    @pytest.mark.parametrize("number", INTERRUPTS, ids=lambda number: number.name)
    def test_an_applications_function_is_called_as_well(self, play, number):
        """A web server hears what it would have heard without a worker in it."""

        async def body():
            application, heard = Application(), []
            signal.signal(number, application.handle)
            with on_signals(heard.append):
                await send(number)
            assert heard == application.heard == [number]
            assert signal.getsignal(number) == application.handle

        play(body)

    @pytest.mark.parametrize("number", INTERRUPTS, ids=lambda number: number.name)
    def test_a_loops_handler_is_left(self, play, caplog, number):
        """What loop.add_signal_handler() has set goes on, and a warning says that nothing else hears the signal."""

        async def body():
            application, heard = asyncio.Event(), []
            asyncio.get_running_loop().add_signal_handler(number, application.set)
            with on_signals(heard.append):
                os.kill(os.getpid(), number)
                await asyncio.wait_for(application.wait(), 20)
            application.clear()
            os.kill(os.getpid(), number)
            await asyncio.wait_for(application.wait(), 20)
            assert heard == []

        play(body)

        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert f"{number.name} is left to a handler that cannot be called from here" in record.getMessage()

    def test_a_hangup_with_a_handler_is_left(self, play):
        """SIGHUP often means something else, such as reading the settings again."""

        async def body():
            application, heard = Application(), []
            signal.signal(signal.SIGHUP, application.handle)
            with on_signals(heard.append):
                await send(signal.SIGHUP)
            assert heard == []
            assert application.heard == [signal.SIGHUP]

        play(body)

    def test_a_hangup_is_left_to_a_program_that_ends_itself(self, play):
        """A program that handles SIGTERM would outlive its worker at a hangup: the default stays, and ends both."""

        async def body():
            signal.signal(signal.SIGTERM, Application().handle)
            with on_signals([].append):
                assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

        play(body)

    def test_an_interrupt_does_not_cancel_the_main_task(self, play):
        """asyncio.run()'s own handler for Ctrl-C counts as the default: a listener takes its place."""

        async def body():
            heard = []
            with on_signals(heard.append):
                await send(signal.SIGINT)
                await send(signal.SIGINT)
            assert heard == [signal.SIGINT, signal.SIGINT]
            assert asyncio.current_task().cancelling() == 0

        play(body)

    def test_only_what_is_asked_for(self, play):
        """A listener may listen to fewer signals."""

        async def body():
            with on_signals([].append, INTERRUPTS):
                assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

        play(body)


class TestOthersMeanwhile:
    def test_a_server_that_puts_back_and_raises_again(self, play):
        """A web server that comes after the worker, and re-raises at its end what it has heard, is one signal."""

        async def body():
            server, heard = Application(), []
            with on_signals(heard.append):
                found = signal.signal(signal.SIGTERM, server.handle)
                await send(signal.SIGTERM)
                assert heard == []
                signal.signal(signal.SIGTERM, found)
                await send(server.heard[0])
                assert heard == [signal.SIGTERM]
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

        play(body)

    def test_one_that_stays(self, play):
        """A handler that was set meanwhile outlasts the worker."""

        async def body():
            server = Application()
            with on_signals([].append):
                signal.signal(signal.SIGTERM, server.handle)
            await send(signal.SIGTERM)
            assert server.heard == [signal.SIGTERM]

        play(body)

    @pytest.mark.parametrize("passes_on", [True, False])
    def test_between_two_workers(self, play, passes_on):
        """Workers on both sides of an application's handler hear a signal once, whether that passes it on or not."""

        async def body():
            one, two, application = [], [], Application()
            with on_signals(one.append):
                found = signal.getsignal(signal.SIGTERM)

                def handle(number, frame):
                    application.handle(number, frame)
                    if passes_on:
                        found(number, frame)

                signal.signal(signal.SIGTERM, handle)
                with on_signals(two.append):
                    await send(signal.SIGTERM)
                assert one == two == application.heard == [signal.SIGTERM]
                assert signal.getsignal(signal.SIGTERM) is handle
                signal.signal(signal.SIGTERM, found)

        play(body)

    def test_put_back_when_nobody_listens(self, play):
        """A handler that comes back after the end does what the one before it would have done."""

        async def body():
            application, heard = Application(), []
            signal.signal(signal.SIGTERM, application.handle)
            with on_signals(heard.append):
                found = signal.getsignal(signal.SIGTERM)
            signal.signal(signal.SIGTERM, found)
            await send(signal.SIGTERM)
            assert heard == []
            assert application.heard == [signal.SIGTERM]

        play(body)

    @pytest.mark.process
    def test_put_back_over_the_default(self):
        """Nor does it keep a process from ending."""
        program = """
            import asyncio, signal
            from asyncworker.worker._signals import on_signals
            async def main():
                with on_signals(print):
                    found = signal.getsignal(signal.SIGTERM)
                signal.signal(signal.SIGTERM, found)
                signal.raise_signal(signal.SIGTERM)
                await asyncio.sleep(0)
            asyncio.run(main())
        """

        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=30)

        assert done.returncode == -signal.SIGTERM


class TestHearing:
    def test_a_waiting_loop_is_woken(self, play):
        """A loop that waits hears a signal at once, whichever thread the kernel has interrupted."""

        async def body():
            loop = asyncio.get_running_loop()
            first: asyncio.Future[str] = loop.create_future()
            done = threading.Event()

            def settle(what):
                if not first.done():
                    first.set_result(what)

            def interrupt():
                # The loop waits without a limit by now.
                time.sleep(0.1)
                signal.pthread_kill(sleeper.ident, signal.SIGTERM)
                if not done.wait(15):
                    loop.call_soon_threadsafe(settle, "given up")

            # It takes the signal, and never comes to Python's handlers, which are the main thread's.
            sleeper = threading.Thread(target=done.wait, daemon=True)
            sender = threading.Thread(target=interrupt, daemon=True)
            with on_signals(lambda _: settle("heard")):
                sleeper.start()
                sender.start()
                what = await first
                done.set()
            sleeper.join()
            sender.join()
            assert what == "heard"

        play(body)

    def test_in_a_context_of_its_own(self, play):
        """What is called back does not run in the context of the activity that happens to be interrupted."""
        name = ContextVar("name", default="none")

        async def interrupted():
            name.set("activity")
            await send(signal.SIGTERM)

        async def body():
            seen = []
            with on_signals(lambda _: seen.append(name.get())):
                await asyncio.create_task(interrupted())
            assert seen == ["none"]

        play(body)

    def test_the_wakeup_is_given_back(self, play):
        """A loop has the wake-up it had before."""

        async def body():
            before = signal.set_wakeup_fd(-1)
            signal.set_wakeup_fd(before, warn_on_full_buffer=False)
            with on_signals([].append), on_signals([].append):
                pass
            after = signal.set_wakeup_fd(-1)
            signal.set_wakeup_fd(after, warn_on_full_buffer=False)
            assert after == before

        play(body)


class TestWorkers:
    @pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
    def test_side_by_side(self, play, number):
        """One signal ends all workers that run side by side, and each drains."""

        @activity.defn
        async def finish() -> str:
            await activity.wait_for_worker_shutdown()
            return "finished"

        async def body():
            async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
                workers = [Worker(temporal.client(), task_queue=queue, activities=[finish]) for queue in "ab"]
                running = asyncio.gather(*(worker.run() for worker in workers))
                tasks = [temporal.add_task(finish, task_queue=queue) for queue in "ab"]
                for task in tasks:
                    await task.wait_for_attempt()
                signal.raise_signal(number)
                await asyncio.wait_for(running, 30)
                assert [task.result for task in tasks] == ["finished", "finished"]

        play(body)

    @pytest.mark.parametrize("first", [0, 1])
    def test_one_goes_on(self, play, first):
        """After one of two has ended, a signal still ends the other, and then is what it was."""

        async def body():
            async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
                workers = [Worker(temporal.client(), task_queue=queue, activities=[noop]) for queue in "ab"]
                runs = [asyncio.create_task(worker.run()) for worker in workers]
                for queue in "ab":
                    await temporal.add_task(noop, task_queue=queue).wait_closed()
                await workers[first].shutdown()
                await runs[first]
                assert workers[1 - first].is_running
                signal.raise_signal(signal.SIGTERM)
                await asyncio.wait_for(runs[1 - first], 30)
                assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

        play(body)

    @pytest.mark.process
    def test_in_a_web_servers_lifespan(self, loop_name):
        """One SIGTERM ends a web server with a worker that listens to signals itself, both in good order."""
        program = f"""
            import asyncio, os, signal, uvicorn
            from contextlib import asynccontextmanager
            from fastapi import FastAPI
            from asyncworker import Worker, activity
            from asyncworker.testing import FakeTemporal

            @activity.defn
            async def noop() -> None: ...

            @asynccontextmanager
            async def lifespan(app):
                async with FakeTemporal(capabilities={{"worker_poll_complete_on_shutdown": True}}) as temporal:
                    worker = Worker(temporal.client(), task_queue="q", activities=[noop])
                    running = asyncio.create_task(worker.run())
                    await temporal.add_task(noop, task_queue="q").wait_closed()
                    asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
                    yield
                    await running
                    print("in order", flush=True)

            uvicorn.run(FastAPI(lifespan=lifespan), port=0, log_level="error", loop="{loop_name}")
        """
        command = [sys.executable, "-c", textwrap.dedent(program)]

        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)

        # The server raises the signal again when it has ended.
        assert (done.stdout, done.returncode) == ("in order\n", -signal.SIGTERM), done.stderr


@pytest.mark.process
class TestForks:
    @pytest.mark.parametrize(
        ("activity", "result"),
        [
            ("pools", "done"),
            ("processes", f"[-{signal.SIGTERM:d}]"),
            ("executor", "broken"),
            ("forks", f"[{signal.SIGINT:d}]"),
            ("group", f"[-{signal.SIGTERM:d}]"),
        ],
    )
    def test_children_have_signals_of_their_own(self, loop_name, activity, result):
        """A forked child dies of what is meant for it, and the worker hears what is meant for the worker, once."""
        command = [sys.executable, "-W", "ignore", str(FORKING), loop_name, activity]

        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, start_new_session=True)

        signals = 1 if activity == "group" else 0
        assert (done.stdout, done.returncode) == (f"Completed {result}, {signals} signals\n", 0), done.stderr
