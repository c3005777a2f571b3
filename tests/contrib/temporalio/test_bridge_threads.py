"""The exception that is raised in an activity's thread stays inside of the activity."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from temporalio.exceptions import CancelledError

from asyncworker.contrib.temporalio._threads import ThreadCancellation


def test_a_cancellation_before_the_thread_begins_arrives_in_it():
    """The activity may wait for a thread."""
    cancellation = ThreadCancellation()
    cancellation.cancel()

    with pytest.raises(CancelledError):
        cancellation.run(time.sleep, 5)


@pytest.mark.process
def test_a_cancellation_leaves_nothing_behind_for_a_trace_function():
    """A debugger or a coverage tool goes on after it; in a process of its own, as nothing else would end it."""
    script = """
import sys, time
from temporalio.exceptions import CancelledError
from asyncworker.contrib.temporalio._threads import ThreadCancellation

sys.settrace(lambda *_: lambda *_: None)
for steps in (0, 5):
    cancellation = ThreadCancellation()
    cancellation.cancel()
    try:
        cancellation.run(time.sleep, steps)
    except CancelledError:
        print("cancelled")
for _ in range(1000):
    len("")
print("done")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout.split() == ["cancelled", "cancelled", "done"]


def test_a_cancellation_after_the_end_arrives_nowhere():
    """The thread may run another activity by then."""
    cancellation = ThreadCancellation()

    assert cancellation.run(lambda: "done") == "done"
    cancellation.cancel()
    for _ in range(1000):
        time.sleep(0)


def test_a_cancellation_at_the_very_end_never_leaves_the_activity():
    """However the two meet, the thread's next work is undisturbed; a thousand tries."""
    escaped = []

    def activity(cancellation: ThreadCancellation, steps: int, begun: threading.Event) -> None:
        begun.set()
        try:
            cancellation.run(sum, range(steps))
        except CancelledError:
            pass

    def next_work() -> None:
        try:
            sum(number for number in range(200))
        except CancelledError as error:
            escaped.append(error)

    with ThreadPoolExecutor(1) as pool:
        for _ in range(1000):
            cancellation = ThreadCancellation()
            begun = threading.Event()
            running = pool.submit(activity, cancellation, random.randrange(3000), begun)
            after = pool.submit(next_work)
            begun.wait()
            cancellation.cancel()
            running.result()
            after.result()

    assert escaped == []
