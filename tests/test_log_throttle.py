from __future__ import annotations

from asyncworker._log_throttle import LogThrottle


def test_the_same_is_told_once_a_minute():
    """The first of a kind is news, the same again is not, and a minute later it is."""
    news = LogThrottle()

    assert [news.should_log("away", now) for now in (5.0, 6.0, 64.9, 65.0, 66.0)] == [True, False, False, True, False]


def test_something_else_is_news():
    """What has not been told last is told, however soon it comes."""
    news = LogThrottle()

    assert [news.should_log(message, 5.0) for message in ("away", "full", "away")] == [True, True, True]


def test_repr():
    """It shows when it was last told."""
    news = LogThrottle()
    assert repr(news) == "<LogThrottle [nothing told]>"
    news.should_log("away", 5.0)
    assert repr(news) == "<LogThrottle [told at 5]>"
