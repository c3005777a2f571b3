"""Check the arguments of public calls: a wrong one is refused where it is given, by its parameter's name.

A check takes the parameter's name and a value that is not ``None``, and returns the value in the form that is used.
Each error names the parameter, what is expected with an example, and what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum, IntEnum
from reprlib import Repr
from typing import Any, Final, Literal, TypeAlias, TypeVar

from ._time import Seconds, to_seconds

__all__ = [
    "UNSET",
    "Check",
    "Unset",
    "check_count",
    "check_duration",
    "check_flag",
    "check_mapping",
    "check_name",
    "check_number",
    "check_seconds",
    "check_string",
    "instance_of",
    "member_of",
    "optional_duration",
    "wrong_type",
]

E = TypeVar("E", bound=IntEnum)
T = TypeVar("T")
#: Called with a parameter's name and value.
Check: TypeAlias = Callable[[str, Any], Any]

_shorten = Repr()
_shorten.maxstring = _shorten.maxother = 60
_DURATION = "a number of seconds or a timedelta (30, timedelta(minutes=5))"


class Unset(Enum):
    """The type of :data:`UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "<not given>"


#: Default of a parameter for which ``None`` is a value like any other.
UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET


def wrong_type(name: str, expected: str, value: object) -> TypeError:
    """Return the error for a value of the wrong type."""
    return TypeError(f"{name} must be {expected}, got {_shorten.repr(value)}")


def check_seconds(name: str, value: Seconds) -> float:
    """Return a duration as a number of seconds, whatever its size and sign."""
    if isinstance(value, bool) or not isinstance(value, int | float | timedelta):
        raise wrong_type(name, _DURATION, value)
    return to_seconds(value)


def check_duration(name: str, value: Seconds, *, or_zero: bool = False) -> timedelta:
    """Return a duration that the server would refuse, or take for none, if it were not positive.

    Raises:
        TypeError: It is no duration.
        ValueError: It is not above zero, or longer than a timedelta can be.
    """
    seconds = check_seconds(name, value)
    # So that what is not a number (NaN) is refused as well.
    if not (seconds > 0 or (or_zero and seconds == 0)):
        raise ValueError(f"{name} must {'not be negative' if or_zero else 'be above zero'}, got {value!r}")
    try:
        return value if isinstance(value, timedelta) else timedelta(seconds=value)
    except OverflowError:
        raise ValueError(f"{name} is longer than a timedelta can be, got {value!r}") from None


def optional_duration(name: str, value: Seconds | None, *, or_zero: bool = False) -> timedelta | None:
    """Return a duration, or ``None`` where none is given."""
    return None if value is None else check_duration(name, value, or_zero=or_zero)


def check_string(name: str, value: object) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise wrong_type(name, "a string", value)
    return value


def check_name(name: str, value: object) -> str:
    """Return a string that is not empty."""
    if not (text := check_string(name, value)):
        raise ValueError(f"{name} must not be empty")
    return text


def check_flag(name: str, value: Any) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise wrong_type(name, "True or False", value)
    return value


def check_number(name: str, value: Any) -> float:
    """Return a number; ``True`` is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a number", value)
    return value


def check_count(name: str, value: Any) -> int:
    """Return a whole number; ``True`` is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "a whole number", value)
    return value


def check_mapping(name: str, value: Any) -> dict[Any, Any]:
    """Return the items of a mapping. Values are not shown in the error: they may be secret."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, got a value of type {type(value).__name__}")
    return dict(value)


def instance_of(kind: type[T], example: str) -> Callable[[str, Any], T]:
    """Make the check for an instance of a class of ours; *example* is one as it is written in code."""

    def check(name: str, value: Any) -> T:
        if not isinstance(value, kind):
            article = "an" if kind.__name__[0] in "AEIOU" else "a"
            raise wrong_type(name, f"{article} {kind.__name__}, for example {example}", value)
        return value

    return check


def member_of(kind: type[E]) -> Callable[[str, Any], E]:
    """Make the check for a member of an enum, which may be given as its number."""

    def check(name: str, value: Any) -> E:
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return kind(value)
        except ValueError:
            pass
        members = ", ".join(member.name for member in kind)
        raise wrong_type(name, f"one of {kind.__name__}.{{{members}}}", value)

    return check
