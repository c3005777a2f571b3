from __future__ import annotations

import gzip

import pytest

from asyncworker._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from asyncworker._rpc._response_head import HEAD_SIZE, head_of, is_head_whole, leading_field
from asyncworker._wire import encode


@pytest.mark.parametrize("size", [1, 127, 128, 5000])
def test_a_leading_field_is_found_as_soon_as_it_is_whole(size):
    """Bytes that come first are read once the last of them is there, and not before."""
    answer = encode(PollActivityTaskQueueResponse(task_token=b"t" * size, activity_id="a"))
    whole = answer.rindex(b"t") + 1

    assert {leading_field(answer[:end]) for end in range(whole)} == {None}
    assert {leading_field(answer[:end]) for end in range(whole, len(answer) + 1)} == {b"t" * size}


@pytest.mark.parametrize(
    "head",
    [
        b"\x12\x01a",  # another field
        b"\x08\x01",  # a number
        b"\x0a\xff\xff\xff\xff\xff\x01",  # a length that is none
        b"\x0a\xff\xff\xff\x7f",  # more than is ever kept
        b"\x0a\x00",
    ],
)
def test_what_leads_no_field_is_empty(head):
    """What begins otherwise holds no token, and there is nothing to wait for."""
    assert leading_field(head) == b""
    assert is_head_whole(head, is_compressed=False)


def test_a_head_is_whole_at_its_size():
    """No more is waited for than is kept."""
    waiting = b"\x0a\xff\x7f" + bytes(HEAD_SIZE)

    assert not is_head_whole(waiting[: HEAD_SIZE - 1], is_compressed=False)
    assert is_head_whole(waiting[:HEAD_SIZE], is_compressed=False)
    assert len(head_of(waiting, is_compressed=False)) == HEAD_SIZE


def test_a_compressed_head_is_inflated_no_further():
    """Of what was compressed as much is inflated as is kept, also where its end is missing; rubbish has no head."""
    bomb = gzip.compress(b"\x0a\x05token" + bytes(50_000_000))

    head = head_of(bomb, is_compressed=True)
    assert (head[2:7], len(head)) == (b"token", HEAD_SIZE)
    assert head_of(gzip.compress(b"\x0a\x05token")[:-8], is_compressed=True) == b"\x0a\x05token"
    assert head_of(b"rubbish", is_compressed=True) == b""
