from __future__ import annotations

import pytest

from asyncworker._proto.google.rpc import Status
from asyncworker._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure, NotFoundFailure
from asyncworker._proto.temporal.wkt.lazy import Any as AnyMessage
from asyncworker._rpc._status import decode_details
from asyncworker._wire import encode

PREFIX = "type.googleapis.com/temporal.api.errordetails.v1."


def status(*details: AnyMessage) -> bytes:
    return encode(Status(code=5, message="gone", details=list(details)))


def test_details_of_temporals_types_become_their_messages():
    """Details of Temporal's own types become their messages, empty ones too."""
    data = status(
        AnyMessage(type_url=PREFIX + "NotFoundFailure"),
        AnyMessage(
            type_url=PREFIX + "NamespaceNotFoundFailure", value=encode(NamespaceNotFoundFailure(namespace="nope"))
        ),
    )

    assert decode_details((data,)) == (NotFoundFailure(), NamespaceNotFoundFailure(namespace="nope"))


@pytest.mark.parametrize("type_url", ["type.googleapis.com/google.rpc.RetryInfo", PREFIX + "FromTheFuture", "", "/"])
def test_details_of_other_types_stay_bytes(type_url):
    """A detail of another type is left as the bytes of its Any, so that its type is not lost."""
    detail = AnyMessage(type_url=type_url, value=b"\x08\x01")

    assert decode_details((status(detail),)) == (encode(detail),)


@pytest.mark.parametrize("data", [b"\xff", b"\x1a\x05\x0a", b"not a status at all", 7, None])
def test_details_that_are_no_status_are_passed_on(data):
    """What is no status is passed on as it is: an error's details are never another error."""
    assert decode_details((data,)) == (data,)


def test_a_known_type_with_garbage_is_kept_as_bytes():
    """A known type whose bytes are not of that type is garbage as well."""
    data = status(AnyMessage(type_url=PREFIX + "NamespaceNotFoundFailure", value=b"\xff"))

    assert decode_details((data,)) == (data,)


def test_no_details_are_decoded_to_none():
    """No details are no details."""
    assert decode_details(()) == ()
