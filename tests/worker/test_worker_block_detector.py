"""When the event loop counts as blocked: by its stamps, and by how late the looks at them come."""

from __future__ import annotations

from asyncworker.worker.health._block_detector import BlockDetector, Blocked, Freed


def detector() -> BlockDetector:
    return BlockDetector(threshold=1.0, interval=0.25, now=0.0)


def test_a_loop_that_stamps_is_free():
    """Looks and stamps alternate, and nothing has changed."""
    it = detector()

    assert [it.look(number * 0.25, number * 0.25 - 0.1) for number in range(1, 20)] == [None] * 19
    assert not it.is_blocked


def test_a_stamp_older_than_the_threshold_is_a_block_and_is_told_once():
    """The first look past the threshold says so, those after it do not."""
    it = detector()

    looks = [it.look(number * 0.25, 0.0) for number in range(1, 8)]

    assert looks == [None, None, None, Blocked(1.0), None, None, None]
    assert it.is_blocked


def test_the_next_stamp_ends_a_block_with_its_total():
    """The total reaches from the last stamp before to the first one after."""
    it = detector()
    for number in range(1, 12):
        it.look(number * 0.25, 0.0)

    assert it.look(3.0, 2.875) == Freed(2.875)
    assert not it.is_blocked
    assert it.look(3.25, 3.125) is None


def test_a_suspended_process_is_no_block():
    """The thread was not run either: of its late look two intervals count."""
    it = detector()
    it.look(0.25, 0.2)

    assert it.look(60.25, 0.2) is None
    assert it.look(60.5, 60.3) is None


def test_a_block_around_a_suspension_counts_what_was_seen_of_it():
    """A loop that is blocked before and after is blocked, for as long as the thread could see."""
    it = detector()
    for number in range(1, 5):
        it.look(number * 0.25, 0.0)

    assert it.is_blocked
    assert it.look(100.0, 0.0) is None
    assert it.age == 1.5


def test_what_a_debugger_holds_up_does_not_count():
    """The time without a stamp begins anew."""
    it = detector()
    for number in range(1, 5):
        it.look(number * 0.25, 0.0)
    it.excuse()

    assert not it.is_blocked
    assert it.look(1.25, 0.0) is None
