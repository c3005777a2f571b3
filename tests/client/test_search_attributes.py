from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asyncworker._proto.temporal.api.common.v1 import Payload, SearchAttributes
from asyncworker.client import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

COLOR = SearchAttributeKey.for_keyword("Color")
BOXES = SearchAttributeKey.for_int("Boxes")
MOMENT = datetime(2026, 8, 21, 12, 30, 1, 500_000, tzinfo=UTC)

ALL = [
    SearchAttributePair(SearchAttributeKey.for_text("Text"), "some words"),
    SearchAttributePair(SearchAttributeKey.for_keyword("Keyword"), "one"),
    SearchAttributePair(SearchAttributeKey.for_int("Int"), 7),
    SearchAttributePair(SearchAttributeKey.for_float("Double"), 0.5),
    SearchAttributePair(SearchAttributeKey.for_bool("Bool"), False),
    SearchAttributePair(SearchAttributeKey.for_datetime("Datetime"), MOMENT),
    SearchAttributePair(SearchAttributeKey.for_keyword_list("KeywordList"), ["a", "b"]),
]


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.key.name)
def test_every_type_survives_the_wire(pair):
    """An attribute of any type is read as it was written."""
    attributes = TypedSearchAttributes([pair])

    assert TypedSearchAttributes._from_proto(attributes._to_proto()) == attributes


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: pair.key.name)
def test_the_wire_names_the_type(pair):
    """The payload's metadata says what type the server is to index it as."""
    payload = TypedSearchAttributes([pair])._to_proto().indexed_fields[pair.key.name]

    # The keys above are named after their types.
    assert payload.metadata == {"encoding": b"json/plain", "type": pair.key.name.encode()}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (COLOR, 7),
        (BOXES, "7"),
        (BOXES, True),
        (SearchAttributeKey.for_float("Weight"), "7"),
        (SearchAttributeKey.for_keyword_list("Tags"), "one"),
        (SearchAttributeKey.for_keyword_list("Tags"), ["one", 2]),
        (SearchAttributeKey.for_datetime("When"), "2026-08-21"),
    ],
)
def test_a_value_of_another_type_is_refused(key, value):
    """A value that the server would refuse is refused here, by name."""
    with pytest.raises(TypeError, match=f"{key.name!r} is of type {key.indexed_value_type.name}"):
        TypedSearchAttributes([SearchAttributePair(key, value)])


def test_a_moment_needs_a_time_zone():
    """A naive datetime could mean any moment."""
    when = SearchAttributeKey.for_datetime("When")

    with pytest.raises(ValueError, match="'When' needs a time zone"):
        TypedSearchAttributes([SearchAttributePair(when, datetime(2026, 8, 21))])  # noqa: DTZ001


def test_a_name_is_given_once():
    """Two values for one name contradict each other."""
    with pytest.raises(ValueError, match="'Color' is given twice"):
        TypedSearchAttributes([SearchAttributePair(COLOR, "red"), SearchAttributePair(COLOR, "blue")])


def test_values_are_found_by_key():
    """A key finds its value, and says when there is none."""
    attributes = TypedSearchAttributes([SearchAttributePair(COLOR, "red")])

    assert attributes[COLOR] == "red"
    assert COLOR in attributes
    assert attributes.get(BOXES) is None
    assert attributes.get(BOXES, 0) == 0
    with pytest.raises(KeyError, match="Boxes"):
        attributes[BOXES]


def test_a_pair_is_looked_for_with_its_value():
    """A key is in a set with any value, a pair only with its own."""
    attributes = TypedSearchAttributes([SearchAttributePair(COLOR, "red")])

    assert COLOR in attributes
    assert SearchAttributePair(COLOR, "red") in attributes
    assert SearchAttributePair(COLOR, "blue") not in attributes


def test_updating_makes_another_set():
    """A set does not change; an updated one has the new values in place of the old."""
    red = TypedSearchAttributes([SearchAttributePair(COLOR, "red")])

    blue = red.updated(SearchAttributePair(COLOR, "blue"), SearchAttributePair(BOXES, 2))

    assert red[COLOR] == "red"
    assert list(blue) == [SearchAttributePair(BOXES, 2), SearchAttributePair(COLOR, "blue")]


def test_what_is_not_an_attribute_of_the_users_is_left_out():
    """Attributes of unknown types or without a value, and the server's mark of standalone activities, are not shown."""
    answer = SearchAttributes(
        indexed_fields={
            "New": Payload(metadata={"type": b"Geo"}, data=b'"here"'),
            "Empty": Payload(metadata={"type": b"Keyword"}, data=b"null"),
            "TemporalNamespaceDivision": Payload(metadata={"type": b"Keyword"}, data=b'"3332429922"'),
            "Tags": Payload(metadata={"type": b"KeywordList"}, data=b'"one"'),
        }
    )

    tags = SearchAttributeKey.for_keyword_list("Tags")
    assert TypedSearchAttributes._from_proto(answer) == TypedSearchAttributes([SearchAttributePair(tags, ["one"])])
