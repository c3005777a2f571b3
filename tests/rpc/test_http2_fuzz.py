from __future__ import annotations

import struct

import hpack
from http2_peer import OK_HEAD, OK_TRAILERS, Peer, message, parse
from hypothesis import given, settings, strategies as st

from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._call import Closed, Failure, Response
from asyncworker._rpc.http2._frames import Setting


def encode(fields):
    return hpack.Encoder().encode(fields)


def join_settings(items):
    return b"".join(struct.pack(">HI", *item) for item in items)


streams = st.sampled_from([0, 1, 2, 3, 5, 7, 9, 2**31 - 1, 2**31 + 1])
field_values = st.one_of(st.binary(max_size=8), st.sampled_from([b"0", b"5", b"200", b"gzip", b"application/grpc"]))
field_names = st.sampled_from(
    [
        b":status",
        b"content-type",
        b"grpc-status",
        b"grpc-message",
        b"grpc-encoding",
        b"grpc-status-details-bin",
        b"X",
        b"",
    ]
)
blocks = st.one_of(
    st.binary(max_size=30),
    st.lists(st.tuples(field_names, field_values), max_size=5).map(encode),
    st.sampled_from([OK_HEAD, OK_TRAILERS]).map(lambda fields: Peer().encoder.encode(fields, huffman=False)),
)
words = st.integers(0, 2**32 - 1).map(struct.Struct(">I").pack)
payloads = st.one_of(
    st.binary(max_size=40),
    blocks,
    words,
    st.tuples(words, words, st.binary(max_size=5)).map(b"".join),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2**32 - 1)), max_size=3).map(join_settings),
    st.binary(max_size=20).map(message),
)
some_frames = st.builds(
    frames.frame, st.integers(0, 12), st.integers(0, 255), streams.map(lambda x: x & 0x7FFF_FFFF), payloads
)
likely_frames = st.one_of(
    st.builds(frames.frame, st.just(frames.HEADERS), st.sampled_from([4, 5, 0]), st.sampled_from([1, 3, 5]), blocks),
    st.builds(frames.frame, st.just(frames.DATA), st.sampled_from([0, 0, 1, 8]), st.sampled_from([1, 3, 5]), payloads),
    st.builds(frames.frame, st.just(frames.CONTINUATION), st.sampled_from([4, 0]), st.sampled_from([1, 3]), blocks),
)
actions = st.one_of(
    st.tuples(st.just("say"), st.one_of(some_frames, likely_frames, likely_frames)),
    st.tuples(st.just("say"), st.binary(max_size=60)),
    st.tuples(st.just("call"), st.sampled_from([b"", b"small", b"x" * 70_000])),
    st.tuples(st.just("reset"), st.integers(0, 5)),
    st.tuples(st.just("write"), st.none()),
)


def check(peer, calls, events):
    """Every call is in flight, or was given up, or has had its one event."""
    settled = [event.call for event in events if type(event) in (Response, Failure)]
    assert len(settled) == len(set(settled))
    in_flight = {*peer.connection._calls.values(), *peer.connection._queue}
    assert in_flight.isdisjoint(settled)
    assert {call for call in calls if not call.is_over} == in_flight | set(settled)
    assert peer.connection._inbound.held == sum(call.received for call in peer.connection._calls.values())
    assert sum(type(event) is Closed for event in events) == peer.connection.is_closed


@settings(max_examples=400, deadline=None)
@given(script=st.lists(actions, max_size=25), cut=st.integers(1, 40))
def test_anything(script, cut):
    """Whatever a server says, each call has one outcome, and what we say is whole frames."""
    peer = Peer(max_message=1000, max_buffered=2000, settings={Setting.MAX_CONCURRENT_STREAMS: 3})
    calls, events = [peer.call(), peer.call()], []

    for action, value in script:
        if action == "say":
            for start in range(0, len(value), cut):
                events += peer.say(value[start : start + cut])
        elif action == "call" and peer.connection.accepts_calls:
            calls.append(peer.call(value))
        elif action == "reset" and value < len(calls):
            if calls[value] not in [event.call for event in events if type(event) in (Response, Failure)]:
                calls[value].waiter = None
            events += peer.connection.reset(calls[value])
        elif action == "write":
            parse(peer.connection.data_to_send())
        check(peer, calls, events)

    events += peer.connection.connection_lost("the end")
    check(peer, calls, events)
    parse(peer.connection.data_to_send())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_answers(data):
    """An answer with any byte changed is another answer or an error, never an exception."""
    peer = Peer(max_message=1000)
    calls = [peer.call(), peer.call()]
    answer = bytearray(peer.response(1) + peer.response(3, b"second", trailers=[*OK_TRAILERS, (b"x", b"y")]))
    for _ in range(data.draw(st.integers(1, 3))):
        answer[data.draw(st.integers(0, len(answer) - 1))] = data.draw(st.integers(0, 255))

    events = peer.say(bytes(answer))

    check(peer, calls, events)
    parse(peer.connection.data_to_send())
