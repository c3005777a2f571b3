from __future__ import annotations

from asyncworker._news import News


def test_the_same_is_told_once_a_minute():
    """The first of a kind is news, the same again is not, and a minute later it is."""
    news = News()

    assert [news.is_news("away", now) for now in (5.0, 6.0, 64.9, 65.0, 66.0)] == [True, False, False, True, False]


def test_something_else_is_news():
    """What has not been told last is told, however soon it comes."""
    news = News()

    assert [news.is_news(message, 5.0) for message in ("away", "full", "away")] == [True, True, True]


def test_repr():
    """It shows when it was last told."""
    news = News()
    assert repr(news) == "<News [nothing told]>"
    news.is_news("away", 5.0)
    assert repr(news) == "<News [told at 5]>"
