"""The results that links may ask for: their types, the forms for them, and what is wrong with a posted one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from ...activity import Definition
from ...activity._objects import definitions_of
from ...client.activities._start import result_type_of
from ...worker import Worker

__all__ = ["InvalidResult", "ResultType", "result_types_of"]


class InvalidResult(Exception):
    """A posted value is not of the activity's result type.

    Attributes:
        reasons: What is wrong with it, in one sentence each.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a result may have.

    Attributes:
        json: The value, as JSON.
        label: The value, for people.
    """

    json: str
    label: str


class ResultType:
    """The declared result type of an activity.

    Raises:
        TypeError: Values of this type cannot be read from JSON.
    """

    def __init__(self, hint: Any, activity_type: str) -> None:
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(hint)
        except PydanticUserError as error:
            raise TypeError(f"the result of activity {activity_type!r} cannot be read from a form: {error}") from None

    def read(self, data: str | bytes) -> Any:
        """Read a value from JSON.

        Raises:
            InvalidResult: It is not of this type.
        """
        try:
            return self._adapter.validate_json(data)
        except ValidationError as error:
            raise InvalidResult(list(_reasons(error))) from None

    def read_field(self, text: str) -> Any:
        """Read what a person has entered into the form's field.

        Raises:
            InvalidResult: It is not of this type.
        """
        # The form posts a choice as JSON; a program may post it as it is.
        is_text = self.kind == "string" or text in self._schema.get("enum", ())
        return self.read(json.dumps(text) if is_text else text)

    @property
    def choices(self) -> list[Choice]:
        """The values there are, if they are few."""
        if self.kind == "boolean":
            return [Choice("true", "Yes"), Choice("false", "No")]
        values = self._schema.get("enum", [])
        return [Choice(json.dumps(value), str(value).replace("_", " ").capitalize()) for value in values]

    @property
    def kind(self) -> str:
        """The JSON type of the values; empty if it is none or several."""
        found = self._schema.get("type", "")
        return found if isinstance(found, str) and "enum" not in self._schema else ""

    @cached_property
    def _schema(self) -> Mapping[str, Any]:
        try:
            schema = self._adapter.json_schema()
        except PydanticUserError:
            return {}
        name = schema.get("$ref", "").removeprefix("#/$defs/")
        found: Mapping[str, Any] = schema["$defs"][name] if name else schema
        return found


def _reasons(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(map(str, each["loc"]))
        yield f"{place}: {each['msg']}" if place else each["msg"]


def result_types_of(activities: Iterable[Any]) -> dict[str, ResultType]:
    """Read the result types of activities, by the names of the activities.

    Args:
        activities: Functions, objects with activity methods, and workers, which count with all of theirs whose results
            can be read from JSON.

    Raises:
        TypeError: One is none of these, or is a function whose result cannot be read from JSON.
    """
    found: dict[str, ResultType] = {}
    for thing in activities:
        definition = None if isinstance(thing, Worker) else Definition.find(thing)
        if definition is not None:
            # A method may be named through its class here: it is not called.
            found |= _type_of(definition)
            continue
        for each in _definitions(thing):
            with suppress(TypeError):
                found |= _type_of(each)
    return found


def _definitions(thing: Any) -> Iterable[Definition]:
    if isinstance(thing, Worker):
        return [registered.definition for registered in thing._settings.registry._all()]
    return definitions_of(thing)


def _type_of(definition: Definition) -> dict[str, ResultType]:
    if definition.name is None:
        return {}
    return {definition.name: ResultType(result_type_of(definition.fn), definition.name)}
