"""Decide whether a worker is live and ready, and why not.

*Live* means that restarting the process would not help. A server that is away, polls that it refuses and a short block
of the event loop are no reason: a restart would kill attempts whose results are to survive the outage. *Ready* means
that the worker takes work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["WorkerHealth", "why_not_live", "why_not_ready"]

# Seconds beyond the time in which a poll must have ended, or been given up by the transport.
_MARGIN = 30.0


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """Whether a worker is well; see :meth:`Worker.health`.

    Attributes:
        is_live: Whether restarting the process would not help; false if the event loop has been blocked for longer than
            ``loop_block_tolerance``, or polling has come to a standstill.
        is_ready: See :attr:`Worker.is_ready`.
        reasons: Why it is not live, and why it is not ready; empty if it is both.
    """

    is_live: bool
    is_ready: bool
    reasons: Sequence[str] = ()


def why_not_live(
    *, blocked_for: float | None, tolerance: float, oldest_poll: float | None, longest_poll: float
) -> str | None:
    """Return why restarting the process would help; ``None``: it would not.

    Args:
        blocked_for: Seconds for which the event loop has been blocked.
        tolerance: Seconds for which it may be.
        oldest_poll: Seconds since the poll that is open for longest began.
        longest_poll: Seconds after which each must have ended.
    """
    if blocked_for is not None and blocked_for > tolerance:
        return f"the event loop has been blocked for {blocked_for:.0f} s, longer than {tolerance:g} s"
    if blocked_for is None and oldest_poll is not None and oldest_poll > longest_poll + _MARGIN:
        return f"a poll has not ended for {oldest_poll:.0f} s"
    return None


def why_not_ready(
    *,
    blocked_for: float | None,
    silence: float,
    poll_timeout: float,
    was_answered: bool,
    is_polling: bool,
    may_not_poll: bool,
    has_just_polled: bool,
) -> str | None:
    """Return why a worker that has begun takes no work; ``None``: it does, or would if it had a slot.

    Args:
        blocked_for: Seconds for which the event loop has been blocked.
        silence: Seconds since the server last answered a call.
        poll_timeout: Seconds that the server is told for a poll; more than twice that is too long a silence.
        was_answered: Whether the last call was answered.
        is_polling: Whether a poll is with the server.
        may_not_poll: Whether all slots, or the rate limit, are used up. Then there may be no call for long.
        has_just_polled: Whether the next poll is about to begin.
    """
    if blocked_for is not None:
        return f"the event loop has been blocked for {blocked_for:.1f} s"
    is_silent = silence > 2 * poll_timeout
    if is_polling:
        return f"the server has not responded for {silence:.0f} s" if is_silent else None
    if may_not_poll:
        return "the last call got no response" if is_silent and not was_answered else None
    return None if has_just_polled else "no poll is with the server"
