"""Make the values that an activity depends on for one attempt, and close them before its outcome is reported.

All of it is part of the attempt: it is cancelled as the activity is, and its time is the activity's. What is closed
sees the error with which the activity has ended, its cancellation included. It may raise another one, which takes its
place; it cannot make the failure undone. An error while closing is a failure that names the dependency, unless it was
made for Temporal, such as an :class:`.ApplicationError`, which is reported as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from types import CoroutineType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..._safe_text import class_name_of, text_of, traceback_of
from ...exceptions import ApplicationError, FailureError
from .._context import CompleteAsync
from ._kind import Kind

if TYPE_CHECKING:
    from ._graph import Node

__all__ = ["AttemptScope", "ThreadScope", "add_note"]


class AttemptScope:
    """What one attempt has made: ``async with``, whose end closes it.

    Args:
        values: What is there already, by its node.
    """

    __slots__ = ("_entered", "values")

    def __init__(self, values: dict[Node, Any]) -> None:
        self.values = values
        self._entered: list[tuple[Node, Any]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{len(self._entered)} to close]>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is GeneratorExit:
            # Nothing can be awaited any more.
            return
        _raise_other(await self.close(error), error)

    def take(self) -> list[tuple[Node, Any]]:
        """Return what is to be closed, which is another one's to close from now on."""
        taken, self._entered = self._entered, []
        return taken

    async def enter(self, steps: Iterable[Node]) -> None:
        """Make the values of *steps*, in their order.

        Raises:
            BaseException: From a dependency; a note says from which.
        """
        values = self.values
        for node in steps:
            try:
                made = node.call(**{name: values[each] for name, each in node.arguments})
                if node.kind is Kind.VALUE:
                    values[node] = await made if type(made) is CoroutineType else made
                elif node.kind is Kind.COROUTINE:
                    values[node] = await made
                elif node.kind is Kind.ASYNC_MANAGER:
                    values[node] = await made.__aenter__()
                    self._entered.append((node, made))
                else:
                    values[node] = made.__enter__()
                    self._entered.append((node, made))
            except Exception as error:
                add_note(error, f"raised by the dependency {node.path}")
                raise

    async def close(self, error: BaseException | None) -> BaseException | None:
        """Close what was made, the last one first; return the error with which the attempt ends.

        Args:
            error: With which the activity has ended.
        """
        while self._entered:
            node, manager = self._entered.pop()
            seen = _seen(error)
            try:
                if node.kind is Kind.ASYNC_MANAGER:
                    await manager.__aexit__(*_details(seen))
                else:
                    manager.__exit__(*_details(seen))
            except BaseException as raised:  # noqa: BLE001 - it is returned
                if raised is not seen:
                    error = _close_failed(node, raised, seen)
        return error


class ThreadScope:
    """What an attempt has made in the thread of a ``def`` activity: ``with``, whose end closes it.

    Attributes:
        values: By its node.
        is_kept: Whether the end of the block leaves it open.
    """

    __slots__ = ("_entered", "is_kept", "values")

    def __init__(self, values: dict[Node, Any]) -> None:
        self.values = values
        self.is_kept = False
        self._entered: list[tuple[Node, Any]] = []

    def __repr__(self) -> str:
        return f"<ThreadScope [{len(self._entered)} to close]>"

    @property
    def has_open(self) -> bool:
        """Whether anything is to be closed."""
        return bool(self._entered)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None or not self.is_kept:
            _raise_other(self.close(error), error)

    def enter(self, steps: Iterable[Node]) -> None:
        """Make the values of *steps*, of which none is to be awaited, as an :class:`AttemptScope` does."""
        values = self.values
        for node in steps:
            try:
                made = node.call(**{name: values[each] for name, each in node.arguments})
                if node.kind is Kind.VALUE:
                    values[node] = made
                else:
                    values[node] = made.__enter__()
                    self._entered.append((node, made))
            except Exception as error:
                add_note(error, f"raised by the dependency {node.path}")
                raise

    def close(self, error: BaseException | None) -> BaseException | None:
        """Close what was made, as an :class:`AttemptScope` does."""
        while self._entered:
            node, manager = self._entered.pop()
            seen = _seen(error)
            try:
                manager.__exit__(*_details(seen))
            except BaseException as raised:  # noqa: BLE001 - it is returned
                if raised is not seen:
                    error = _close_failed(node, raised, seen)
        return error


def _raise_other(raised: BaseException | None, error: BaseException | None) -> None:
    """Raise what comes in the place of *error*, which is raised anyway."""
    if raised is not None and raised is not error:
        try:
            raise raised
        finally:
            # Its traceback holds this frame.
            del raised, error


def _close_failed(node: Node, raised: BaseException, seen: BaseException | None) -> BaseException:
    """Return the error of an attempt that ends with one of a dependency's that is being closed.

    Args:
        node: The dependency.
        raised: Its error.
        seen: That of the activity.
    """
    if seen is not None and raised.__context__ is None:
        raised.__context__ = seen
    if not isinstance(raised, Exception) or isinstance(raised, FailureError):
        # A cancellation, or one that a dependency has made for Temporal of the activity's own.
        add_note(raised, f"raised by the dependency {node.path} when it was closed")
        return raised
    kind = class_name_of(raised)
    failure = ApplicationError(
        f"the dependency {node.name} failed when it was closed: {kind}: {text_of(raised)}", type=kind
    )
    failure.__cause__ = raised
    return failure


def add_note(error: BaseException, note: str) -> None:
    """Add *note* to an error, if it takes one and has none such."""
    with suppress(Exception):
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)


def _seen(error: BaseException | None) -> BaseException | None:
    # An activity that leaves its completion to others has not failed.
    return None if isinstance(error, CompleteAsync) else error


def _details(error: BaseException | None) -> tuple[Any, Any, Any]:
    return (None, None, None) if error is None else (type(error), error, traceback_of(error))
