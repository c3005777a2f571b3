from __future__ import annotations

import gzip
import itertools
import struct

import pytest
from http2_peer import OK_HEAD, OK_TRAILERS, PATH, Frame, Peer, message, parse

from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._call import WINDOW, Closed, Failure, GoingAway, Ready, Response
from asyncworker._rpc.http2._frames import ErrorCode, Setting
from asyncworker._rpc.http2._protocol import MAX_HEADER_LIST_SIZE, Http2Connection
from asyncworker.exceptions import RPCStatusCode

INTERNAL, UNAVAILABLE, UNKNOWN = RPCStatusCode.INTERNAL, RPCStatusCode.UNAVAILABLE, RPCStatusCode.UNKNOWN


def statuses(events):
    return [event.status.code for event in events if type(event) is Failure]


def failures(events):
    return [event for event in events if type(event) is Failure]


# The beginning


def test_a_connection_begins_with_preface_settings_and_window():
    """The client begins with the preface, its settings and a wide window for the connection."""
    data = Http2Connection("test:7233").data_to_send()

    settings, update = parse(data)
    assert data.startswith(frames.PREFACE)
    assert dict(frames.read_settings(settings.payload)) == {
        Setting.ENABLE_PUSH: 0,
        Setting.INITIAL_WINDOW_SIZE: WINDOW,
        Setting.MAX_HEADER_LIST_SIZE: MAX_HEADER_LIST_SIZE,
    }
    assert update == Frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW - 65_535))


def test_the_servers_settings_make_the_connection_ready():
    """The server's first SETTINGS make the connection ready, and are acknowledged; later ones only that."""
    peer = Peer(greets=False)
    peer.heard()

    assert peer.say(frames.settings({})) == [Ready()]
    assert peer.heard() == [Frame(frames.SETTINGS, frames.ACK, 0, b"")]
    assert peer.say(frames.settings({})) == []
    assert peer.heard() == [Frame(frames.SETTINGS, frames.ACK, 0, b"")]


def test_an_acknowledgement_of_settings_has_no_event():
    """The server's acknowledgement is taken in silence."""
    peer = Peer()

    assert peer.say(frames.frame(frames.SETTINGS, frames.ACK, 0, b"")) == []
    assert peer.heard() == []


# A call


def test_a_small_request_is_two_frames():
    """A small request is two frames: its headers, then the message that ends the stream."""
    peer = Peer()
    peer.call(b"hello", timeout=2.5, metadata=(("temporal-namespace", "default"), ("token-bin", b"\xff\xfe")))

    headers, data = peer.heard()
    assert (headers.kind, headers.flags, headers.stream_id) == (frames.HEADERS, frames.END_HEADERS, 1)
    assert peer.decoded(headers) == [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", PATH.encode()),
        (b":authority", b"test:7233"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
        (b"user-agent", b"asyncworker"),
        (b"grpc-accept-encoding", b"identity,gzip"),
        (b"temporal-namespace", b"default"),
        (b"token-bin", b"//4"),
        (b"grpc-timeout", b"2500000u"),
    ]
    assert data == Frame(frames.DATA, frames.END_STREAM, 1, message(b"hello"))


def test_headers_message_and_trailers_are_a_response():
    """Headers, a message and trailers with status 0 are a response."""
    peer = Peer()
    call = peer.call()

    assert peer.say(peer.response(1, b"hello")) == [Response(call, b"hello")]
    assert peer.connection.calls == 0


def test_messages_may_be_empty():
    """A message may be empty in both directions."""
    peer = Peer()
    call = peer.call(b"")

    assert peer.heard()[1].payload == message(b"")
    assert peer.say(peer.response(1, b"")) == [Response(call, b"")]


def test_received_bytes_may_be_split_anywhere():
    """It does not matter where the bytes are cut."""
    for size in (1, 2, 3, 5, 7, 11):
        peer = Peer(greets=False)
        call = peer.call()
        data = frames.settings({}) + peer.response(1, b"x" * 100)

        events = [
            event
            for start in range(0, len(data), size)
            for event in peer.connection.receive_data(data[start : start + size])
        ]

        assert events == [Ready(), Response(call, b"x" * 100)]


def test_a_message_may_come_in_many_frames():
    """A message may come in frames of any size, the prefix cut as well."""
    peer = Peer()
    call = peer.call()
    body = message(b"0123456789")

    events = peer.say(
        peer.headers(1, OK_HEAD),
        *(peer.data(1, body[i : i + 1]) for i in range(len(body))),
        peer.data(1, b""),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert events == [Response(call, b"0123456789")]


def test_responses_may_be_interleaved():
    """Responses come in any order, and in pieces between one another."""
    peer = Peer()
    first, second = peer.call(), peer.call()

    events = peer.say(
        peer.headers(1, OK_HEAD),
        peer.headers(3, OK_HEAD),
        peer.data(3, message(b"second")),
        peer.data(1, message(b"first")),
        peer.headers(3, OK_TRAILERS, ends=True),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert events == [Response(second, b"second"), Response(first, b"first")]


def test_padding_and_priorities_are_ignored():
    """Padding and advice on priorities are ignored."""
    peer = Peer()
    call = peer.call()
    block = peer.encoder.encode(OK_HEAD)
    data = message(b"hello")

    events = peer.say(
        frames.frame(frames.PRIORITY, 0, 1, b"\0\0\0\0\1"),
        frames.frame(frames.HEADERS, 0x4 | 0x8 | 0x20, 1, b"\x03" + b"\0\0\0\0\x10" + block + b"\0\0\0"),
        frames.frame(frames.DATA, 0x8, 1, b"\x05" + data + b"\0" * 5),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert events == [Response(call, b"hello")]


def test_a_header_block_may_be_continued():
    """A header block may be cut into CONTINUATION frames."""
    peer = Peer()
    call = peer.call()
    block = peer.encoder.encode([*OK_HEAD, (b"large", b"x" * 5000)])

    events = peer.say(
        frames.frame(frames.HEADERS, 0, 1, block[:10]),
        frames.frame(frames.CONTINUATION, 0, 1, b""),
        frames.frame(frames.CONTINUATION, 0, 1, block[10:20]),
        frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block[20:]),
        peer.data(1, message(b"hello")),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert events == [Response(call, b"hello")]


def test_continued_trailers_end_the_stream():
    """END_STREAM on HEADERS counts when their CONTINUATION has come."""
    peer = Peer()
    call = peer.call()
    block = peer.encoder.encode([*OK_HEAD, (b"grpc-status", b"5"), (b"grpc-message", b"gone")])

    peer.say(frames.frame(frames.HEADERS, frames.END_STREAM, 1, block[:10]))
    (failure,) = peer.say(frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block[10:]))

    assert (failure.call, failure.status.code, failure.status.message) == (call, RPCStatusCode.NOT_FOUND, "gone")


def test_interim_responses_are_ignored():
    """1xx responses announce nothing about the one to come."""
    peer = Peer()
    call = peer.call()

    events = peer.say(peer.headers(1, [(b":status", b"103"), (b"link", b"x")]), peer.headers(1, [(b":status", b"100")]))
    assert events == []
    assert peer.say(peer.response(1)) == [Response(call, b"response")]


def test_too_many_interim_responses_reset_the_stream():
    """A stream that is told more 1xx responses than anybody needs is reset; the connection goes on."""
    peer = Peer()
    peer.call()
    early = peer.headers(1, [(b":status", b"103")])

    assert peer.say(*[early] * 8) == []
    (failure,) = peer.say(early)

    assert failure.status.code is INTERNAL
    assert "interim responses" in failure.status.message
    assert peer.connection.accepts_calls


def test_a_large_interim_response_resets_the_stream():
    """A 1xx response of many fields ends its stream, however short they are on the wire."""
    peer = Peer()
    peer.call()
    link = (b"link", b"x" * 3900)

    (failure,) = peer.say(peer.headers(1, [(b":status", b"103"), link, link]))

    assert failure.status.code is INTERNAL


def test_too_many_headers_of_ended_streams_end_the_connection():
    """Headers that name a large entry of the table again and again, for streams that are over, end the connection."""
    peer = Peer()
    peer.call()
    peer.say(peer.response(1))
    bomb = peer.headers(1, [(b":status", b"103"), *[(b"link", b"x" * 3900)] * 10])
    count = 0

    while not peer.connection.is_closed:
        peer.say(bomb)
        count += 1

    assert count <= 3
    assert peer.heard()[-1].payload[4:8] == struct.pack(">I", ErrorCode.ENHANCE_YOUR_CALM)


def test_late_headers_of_reset_calls_are_accepted():
    """However many calls are given up, what their server had said by then is borne."""
    peer = Peer()
    calls = [peer.call() for _ in range(3000)]
    for call in calls:
        peer.connection.reset(call)

    for call in calls:
        trailers = [*OK_TRAILERS, (b"reason", b"x" * 1000)]
        assert peer.say(peer.headers(call.id, OK_HEAD), peer.headers(call.id, trailers, ends=True)) == []

    assert peer.connection.accepts_calls


def test_a_long_header_list_ends_the_connection():
    """A block that is short on the wire, and long as a list, ends the connection before all of it is read."""
    peer = Peer()
    peer.call()

    events = peer.say(frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\x88" * 16_000))

    assert [type(event) for event in events] == [Failure, Closed]
    assert peer.heard()[-1].payload[4:8] == struct.pack(">I", ErrorCode.ENHANCE_YOUR_CALM)


def test_the_error_of_broken_headers_has_no_address():
    """What cannot be decoded is the same news each time: the words name no address in memory."""
    reasons = set()
    for _ in range(3):
        peer = Peer()
        peer.call()
        (*_, closed) = peer.say(frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xff" + b"\x80" * 20))
        reasons.add(closed.reason)

    assert len(reasons) == 1
    assert "0x" not in reasons.pop()


def test_unknown_frames_and_settings_are_ignored():
    """What a later RFC defines is ignored."""
    peer = Peer()

    assert (
        peer.say(frames.frame(0xEE, 0xFF, 7, b"whatever"), frames.frame(frames.SETTINGS, 0, 0, b"\xff\xff" + b"\0" * 4))
        == []
    )
    assert peer.connection.accepts_calls


def test_large_request_headers_are_continued():
    """Headers longer than a frame are sent as CONTINUATION."""
    peer = Peer()
    peer.call(metadata=tuple((f"key-{i}", chr(97 + i % 26) * 5000) for i in range(8)))

    *headers, data = peer.heard()
    assert [frame.kind for frame in headers] == [frames.HEADERS, *[frames.CONTINUATION] * (len(headers) - 1)]
    assert [frame.flags & frames.END_HEADERS for frame in headers] == [*[0] * (len(headers) - 1), frames.END_HEADERS]
    block = Frame(0, 0, 1, b"".join(frame.payload for frame in headers))
    assert len(headers) > 1
    assert dict(Peer().decoded(block))[b"key-7"] == b"h" * 5000
    assert data.flags == frames.END_STREAM


# How a call ends otherwise


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ([*OK_HEAD, (b"grpc-status", b"5"), (b"grpc-message", b"n%C3%A4h")], RPCStatusCode.NOT_FOUND, "näh"),
        ([*OK_HEAD, (b"grpc-status", b"99")], UNKNOWN, "unknown grpc-status 99: "),
        ([*OK_HEAD, (b"grpc-status", b"x")], UNKNOWN, "unknown grpc-status x: "),
        (OK_HEAD, UNKNOWN, "response without grpc-status"),
        ([*OK_HEAD, (b"grpc-status", b"0")], INTERNAL, "OK with no message"),
        ([(b":status", b"503"), (b"grpc-status", b"8")], RPCStatusCode.RESOURCE_EXHAUSTED, ""),
        ([(b":status", b"503")], UNAVAILABLE, "no gRPC response: HTTP status 503, content-type ''"),
        (
            [(b":status", b"200"), (b"content-type", b"text/html")],
            UNKNOWN,
            "no gRPC response: HTTP status 200, content-type 'text/html'",
        ),
    ],
)
def test_a_response_of_trailers_alone_is_an_error(fields, code, text):
    """A response of trailers alone is an error: the server's, or what can be made of the HTTP status."""
    peer = Peer()
    call = peer.call()

    (failure,) = peer.say(peer.headers(1, fields, ends=True))

    assert (failure.call, failure.status.code, failure.status.message) == (call, code, text)
    assert not failure.is_unprocessed


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ([(b":status", b"401"), (b"content-type", b"text/plain")], RPCStatusCode.UNAUTHENTICATED),
        ([(b":status", b"502"), (b"content-type", b"text/html")], UNAVAILABLE),
        ([(b":status", b"200"), (b"content-type", b"application/grpc-web")], UNKNOWN),
        ([(b":status", b"200")], UNKNOWN),
    ],
)
def test_a_response_that_is_not_grpc_is_reset(head, code):
    """A response that is not gRPC's is not read to its end."""
    peer = Peer()
    peer.call()
    peer.heard()

    events = peer.say(peer.headers(1, head), peer.data(1, b"<html>"))

    assert statuses(events) == [code]
    assert peer.heard() == [Frame(frames.RST_STREAM, 0, 1, struct.pack(">I", ErrorCode.CANCEL))]


def test_trailers_decide_over_a_message():
    """The trailers decide, whatever came before."""
    peer = Peer()
    peer.call()

    events = peer.say(peer.response(1, trailers=[(b"grpc-status", b"13"), (b"grpc-message", b"late")]))

    assert statuses(events) == [INTERNAL]


@pytest.mark.parametrize("value", [b"CAUSBGJhZCE", b"CAUSBGJhZCE="])
def test_status_details_are_base64(value):
    """``grpc-status-details-bin`` is base64, padded or not."""
    peer = Peer()
    peer.call()

    (failure,) = peer.say(
        peer.headers(1, [*OK_HEAD, (b"grpc-status", b"5"), (b"grpc-status-details-bin", value)], ends=True)
    )

    assert failure.status.details == b"\x08\x05\x12\x04bad!"


def test_ok_with_a_truncated_message_is_an_error():
    """OK with less than the whole message is no success."""
    peer = Peer()
    peer.call()

    events = peer.say(
        peer.headers(1, OK_HEAD), peer.data(1, message(b"hello")[:-1]), peer.headers(1, OK_TRAILERS, ends=True)
    )

    assert [failure.status.message for failure in failures(events)] == ["OK with 4 of 5 bytes of a message"]


def test_a_second_message_is_an_error():
    """A unary call has one response."""
    peer = Peer()
    peer.call()
    peer.heard()

    events = peer.say(peer.headers(1, OK_HEAD), peer.data(1, message(b"one") + message(b"two")))

    assert statuses(events) == [INTERNAL]
    assert peer.heard()[0].kind == frames.RST_STREAM


def test_an_end_without_trailers_is_unknown():
    """DATA that ends the stream leaves the status unknown."""
    peer = Peer()
    peer.call()

    events = peer.say(peer.headers(1, OK_HEAD), peer.data(1, message(b"hello"), ends=True))

    assert statuses(events) == [UNKNOWN]


def test_a_message_over_the_limit_is_refused_by_its_prefix():
    """A message over the limit is refused by its prefix, before it has come."""
    peer = Peer(max_message=100)
    peer.call()
    peer.heard()

    (failure,) = peer.say(peer.headers(1, OK_HEAD), peer.data(1, message(b"x" * 101)[:50]))

    assert failure.status.code is RPCStatusCode.RESOURCE_EXHAUSTED
    assert failure.status.message == "grpc: received message larger than max (101 vs. 100)"
    assert peer.heard() == [Frame(frames.RST_STREAM, 0, 1, struct.pack(">I", ErrorCode.CANCEL))]


def test_a_message_over_the_limit_is_read_as_far_as_its_token():
    """Of a message over the limit as much is waited for as names its task, however it is cut, and no byte more."""
    peer = Peer(max_message=100)
    call = peer.call()
    whole = message(b"\x0a\x05token" + b"x" * 200)
    assert peer.say(peer.headers(1, OK_HEAD)) == []

    for end in range(1, 12):
        assert peer.say(peer.data(1, whole[end - 1 : end])) == []
    (failure,) = peer.say(peer.data(1, whole[11:20]))

    assert failure.status.code is RPCStatusCode.RESOURCE_EXHAUSTED
    assert call.message.startswith(b"\x0a\x05token")


def test_a_short_message_that_claims_to_be_over_the_limit_is_refused():
    """A message that claims to be over the limit, and is not, is refused all the same."""
    peer = Peer(max_message=100)
    peer.call()

    events = peer.say(
        peer.headers(1, OK_HEAD), peer.data(1, message(b"\x0a" * 200)[:6]), peer.headers(1, OK_TRAILERS, ends=True)
    )

    assert statuses(events) == [RPCStatusCode.RESOURCE_EXHAUSTED]


def test_responses_in_flight_are_bounded():
    """What all responses under way hold together is bounded; what is over no longer counts."""
    peer = Peer(max_message=1000, max_buffered=1500)
    first, second, third = peer.call(), peer.call(), peer.call()

    events = peer.say(
        peer.headers(1, OK_HEAD),
        peer.data(1, message(b"x" * 990)),
        peer.headers(3, OK_HEAD),
        peer.data(3, message(b"x" * 900)[:600]),
        peer.headers(1, OK_TRAILERS, ends=True),
        peer.response(5, b"x" * 1000),
    )

    assert [(event.call, type(event)) for event in events] == [(second, Failure), (first, Response), (third, Response)]
    assert statuses(events) == [RPCStatusCode.RESOURCE_EXHAUSTED]


# Compression


def test_a_gzipped_response_is_inflated():
    """A gzipped response is inflated where the server has said that it would be one."""
    peer = Peer()
    call = peer.call()

    events = peer.say(
        peer.headers(1, [*OK_HEAD, (b"grpc-encoding", b"gzip")]),
        peer.data(1, message(gzip.compress(b"hello" * 1000), is_compressed=True)),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert events == [Response(call, b"hello" * 1000)]


@pytest.mark.parametrize(
    ("encoding", "body", "code"),
    [
        (b"identity", gzip.compress(b"hello"), INTERNAL),
        (b"snappy", b"hello", INTERNAL),
        (b"gzip", b"hello", INTERNAL),
        (b"gzip", gzip.compress(b"hello")[:-3], INTERNAL),
        (b"gzip", gzip.compress(b"hello") * 2, INTERNAL),
        (b"gzip", gzip.compress(b"x" * 1001), RPCStatusCode.RESOURCE_EXHAUSTED),
    ],
    # What gzip writes has the time in it, and a test has the same name in each process.
    ids=["compressed although it says not", "unknown", "not compressed", "cut off", "two in one", "too large"],
)
def test_a_response_that_cannot_be_inflated_is_an_error(encoding, body, code):
    """What cannot be inflated, or not within the limit, is an error of that call."""
    peer = Peer(max_message=1000)
    peer.call()

    events = peer.say(
        peer.headers(1, [*OK_HEAD, (b"grpc-encoding", encoding)]),
        peer.data(1, message(body, is_compressed=True)),
        peer.headers(1, OK_TRAILERS, ends=True),
    )

    assert statuses(events) == [code]
    assert peer.connection.accepts_calls


def test_requests_are_gzipped_where_that_is_shorter():
    """Requests are gzipped where that is asked for and makes them shorter."""
    peer = Peer(is_compressing=True)
    peer.call(b"x" * 5000)
    peer.call(b"x")

    headers, large, _, small = peer.heard()
    assert dict(peer.decoded(headers))[b"grpc-encoding"] == b"gzip"
    assert large.payload[0] == 1
    assert gzip.decompress(large.payload[5:]) == b"x" * 5000
    assert small.payload == message(b"x")


# Flow control


def uploaded(heard):
    return b"".join(frame.payload for frame in heard if frame.kind == frames.DATA)


def update(stream_id, increment):
    return frames.window_update(stream_id, increment)


def test_upload_within_the_windows():
    """A large request is sent as far as the windows allow, in frames of the allowed size, and goes on from there."""
    peer = Peer(settings={Setting.INITIAL_WINDOW_SIZE: 100_000})
    request = bytes(range(256)) * 1000
    body = message(request)
    peer.call(request)

    first = peer.heard()
    assert [len(frame.payload) for frame in first[1:]] == [16_384, 16_384, 16_384, 16_383]
    peer.say(update(1, 1_000_000))
    assert peer.heard() == []
    peer.say(update(0, 10))
    second = peer.heard()
    assert [len(frame.payload) for frame in second] == [10]
    peer.say(update(0, 1_000_000))
    rest = peer.heard()
    assert [frame.flags for frame in (*first[1:], *second, *rest)] == [*[0] * (4 + len(rest)), frames.END_STREAM]
    assert uploaded([*first, *second, *rest]) == body


def test_upload_fills_the_stream_window_exactly():
    """The last byte is sent when the stream's window has room for it, and not before."""
    peer = Peer(settings={Setting.INITIAL_WINDOW_SIZE: 10})
    peer.call(b"12345")
    peer.call(b"123456")

    heard = peer.heard()
    assert [(frame.stream_id, frame.flags, len(frame.payload)) for frame in heard if frame.kind == frames.DATA] == [
        (1, frames.END_STREAM, 10),
        (3, 0, 10),
    ]
    peer.say(update(3, 1))
    assert peer.heard() == [Frame(frames.DATA, frames.END_STREAM, 3, b"6")]


def test_large_requests_are_interleaved():
    """An upload does not hold up another."""
    peer = Peer(settings={Setting.INITIAL_WINDOW_SIZE: 1 << 20})
    peer.call(b"x" * 65_530)
    peer.call(b"a" * 40_000)
    peer.call(b"b" * 40_000)
    peer.heard()
    peer.say(update(0, 65_536))

    order = [frame.stream_id for frame in peer.heard() if frame.kind == frames.DATA]
    assert order == [3, 5, 3, 5]


def test_the_initial_window_applies_to_open_streams():
    """A change of the initial window applies to streams that are open, and may make their windows negative."""
    peer = Peer(settings={Setting.INITIAL_WINDOW_SIZE: 50})
    peer.call(b"x" * 100)
    peer.heard()

    peer.say(frames.settings({Setting.INITIAL_WINDOW_SIZE: 20}))
    peer.say(update(1, 30))
    assert uploaded(peer.heard()) == b""
    peer.say(update(1, 1))
    assert len(uploaded(peer.heard())) == 1
    peer.say(frames.settings({Setting.INITIAL_WINDOW_SIZE: 24}))
    assert len(uploaded(peer.heard())) == 4
    peer.say(frames.settings({Setting.INITIAL_WINDOW_SIZE: 1000}))
    assert len(uploaded(peer.heard())) == 50


def test_settings_are_acknowledged_before_they_are_used():
    """A larger window is the server's only once it has our acknowledgement: what it allows is sent behind that."""
    peer = Peer(settings={Setting.INITIAL_WINDOW_SIZE: 50})
    peer.call(b"x" * 100)
    peer.heard()

    peer.say(frames.settings({Setting.INITIAL_WINDOW_SIZE: 1000}))

    assert [(frame.kind, frame.flags, len(frame.payload)) for frame in peer.heard()] == [
        (frames.SETTINGS, frames.ACK, 0),
        (frames.DATA, frames.END_STREAM, 55),
    ]


def test_a_larger_max_frame_size_is_used():
    """A server that takes larger frames gets them."""
    peer = Peer(settings={Setting.MAX_FRAME_SIZE: 20_000})
    peer.call(b"x" * 30_000)

    assert [len(frame.payload) for frame in peer.heard()[1:]] == [20_000, 10_005]


def test_windows_are_given_back_by_halves():
    """WINDOW_UPDATE is sent once half of a window is used, for exactly what was used, padding included."""
    peer = Peer()
    peer.call()
    peer.heard()
    peer.say(peer.headers(1, OK_HEAD))
    size = WINDOW
    stream = message(b"x" * size)

    sent, updates = 0, []
    while sent < WINDOW // 2 + 1:
        piece = stream[sent : sent + 16_000]
        sent += len(piece) + 2
        peer.say(frames.frame(frames.DATA, frames.PADDED, 1, b"\x01" + piece + b"\0"))
        updates += peer.heard()

    assert updates == parse(update(0, sent) + update(1, sent))


def test_an_ended_stream_gets_no_window_update():
    """The last frame of a stream earns the connection's window back, and not the stream's."""
    peer = Peer()
    peer.call()
    peer.heard()
    body = message(b"x" * WINDOW)
    half = [peer.data(1, body[start : start + 16_384]) for start in range(0, WINDOW // 2, 16_384)]

    peer.say(peer.headers(1, OK_HEAD), *half)
    assert peer.heard() == []
    peer.say(peer.data(1, b"x", ends=True))

    assert peer.heard() == parse(update(0, WINDOW // 2 + 1))


def test_data_of_reset_calls_uses_the_connections_window():
    """What comes for a call that was given up still uses the connection's window."""
    peer = Peer()
    call = peer.call()
    peer.say(peer.headers(1, OK_HEAD))
    peer.connection.reset(call)
    peer.heard()

    for _ in range(WINDOW // 2 // 16_384 + 1):
        peer.say(peer.data(1, b"x" * 16_384))

    assert peer.heard() == parse(update(0, WINDOW // 2 + 16_384))


def test_an_early_response_ends_the_upload():
    """A server that answers early makes the rest of the request unnecessary."""
    peer = Peer()
    call = peer.call(b"x" * 100_000)
    peer.heard()

    events = peer.say(peer.response(1, b"early"))

    assert events == [Response(call, b"early")]
    peer.say(update(0, 100_000), update(1, 100_000))
    assert peer.heard() == parse(frames.rst_stream(1, ErrorCode.NO_ERROR))


# Limits on streams


def test_calls_over_the_stream_limit_queue_in_order():
    """Calls over the server's limit wait their turn, in order."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 2})
    calls = [peer.call(b"%d" % number) for number in range(4)]

    assert [frame.payload for frame in peer.heard() if frame.kind == frames.DATA] == [message(b"0"), message(b"1")]
    assert not peer.connection.has_capacity
    assert peer.connection.calls == 4
    assert peer.say(peer.response(3)) == [Response(calls[1], b"response")]
    assert uploaded(peer.heard()) == message(b"2")
    peer.say(frames.settings({Setting.MAX_CONCURRENT_STREAMS: 100}))
    assert uploaded(peer.heard()) == message(b"3")


def test_a_queued_call_is_sent_with_the_time_it_has_left():
    """A call that waited for a stream tells the server what is left of its timeout: a poll is answered in that time."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    first, second, third = peer.call(), peer.call(timeout=70), peer.call(timeout=70)
    second.deadline = third.deadline = 170.0

    peer.say(peer.response(first.id), now=130.0)
    peer.connection.reset(second, 150.0)

    sent = [dict(peer.decoded(frame)) for frame in peer.heard() if frame.kind == frames.HEADERS]
    assert [fields.get(b"grpc-timeout") for fields in sent] == [None, b"40000000u", b"20000000u"]


def test_a_queued_call_that_is_reset_is_never_sent():
    """A queued call that is given up is never sent."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    first, second, third = peer.call(b"1"), peer.call(b"2"), peer.call(b"3")
    peer.heard()

    peer.connection.reset(second)
    peer.connection.reset(first)

    assert [frame.kind for frame in peer.heard()] == [frames.RST_STREAM, frames.HEADERS, frames.DATA]
    assert third.id == 3


def test_any_end_of_a_call_gives_its_stream_to_the_next():
    """Whatever way a call ends, the next in the queue gets its stream."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    for _ in range(4):
        peer.call()

    peer.say(frames.rst_stream(1, ErrorCode.INTERNAL_ERROR))
    peer.say(peer.headers(3, [*OK_HEAD, (b"grpc-status", b"5")], ends=True))
    peer.say(peer.headers(5, [(b":status", b"500")]))

    assert [frame.stream_id for frame in peer.heard() if frame.kind == frames.HEADERS] == [1, 3, 5, 7]


def test_the_last_stream_id_ends_new_calls():
    """The last stream id there is ends the connection's use for new calls."""
    peer = Peer()
    peer.connection._next_id = frames.MAX_STREAM_ID - 2
    peer.call()
    assert peer.connection.accepts_calls
    call = peer.call()

    assert call.id == frames.MAX_STREAM_ID
    assert not peer.connection.accepts_calls
    with pytest.raises(RuntimeError, match="accepts no calls"):
        peer.call()


def test_queued_calls_without_stream_ids_are_unprocessed():
    """Calls that wait for a stream when the last id is taken are known not to have been sent."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    peer.connection._next_id = frames.MAX_STREAM_ID - 2
    peer.call()
    last, queued = peer.call(), peer.call()

    events = peer.say(peer.response(frames.MAX_STREAM_ID - 2))
    assert last.id == frames.MAX_STREAM_ID
    assert [(failure.call, failure.is_unprocessed) for failure in failures(events)] == [(queued, True)]
    assert peer.say(peer.response(frames.MAX_STREAM_ID)) == [Response(last, b"response")]


# Giving up


def test_a_reset_call_has_no_event():
    """A call that is given up is reset, once, and has no event."""
    peer = Peer()
    call = peer.call()
    peer.heard()

    peer.connection.reset(call)
    peer.connection.reset(call)

    assert peer.heard() == parse(frames.rst_stream(1, ErrorCode.CANCEL))
    assert peer.say(peer.response(1)) == []


def test_a_reset_call_sends_no_more_of_its_request():
    """The rest of a request that is given up is not sent."""
    peer = Peer()
    call = peer.call(b"x" * 100_000)
    peer.heard()

    peer.connection.reset(call)
    peer.say(update(0, 1_000_000))

    assert peer.heard() == parse(frames.rst_stream(1, ErrorCode.CANCEL))


def test_headers_of_reset_calls_keep_the_table():
    """The header table follows blocks of calls that were reset."""
    peer = Peer()
    call = peer.call()
    peer.connection.reset(call)
    second = peer.call()

    first_block, second_block = peer.response(1), peer.response(3, b"hello")

    assert peer.say(first_block, second_block) == [Response(second, b"hello")]


@pytest.mark.parametrize(
    ("code", "status", "is_unprocessed"),
    [
        (ErrorCode.NO_ERROR, INTERNAL, False),
        (ErrorCode.PROTOCOL_ERROR, INTERNAL, False),
        (ErrorCode.REFUSED_STREAM, UNAVAILABLE, True),
        (ErrorCode.CANCEL, RPCStatusCode.CANCELLED, False),
        (ErrorCode.ENHANCE_YOUR_CALM, RPCStatusCode.RESOURCE_EXHAUSTED, False),
        (ErrorCode.INADEQUATE_SECURITY, RPCStatusCode.PERMISSION_DENIED, False),
        (0xABCDEF, INTERNAL, False),
    ],
)
def test_rst_stream_has_the_status_of_its_code(code, status, is_unprocessed):
    """RST_STREAM becomes the status that gRPC gives it; a refused stream was not processed."""
    peer = Peer()
    call = peer.call()

    (failure,) = peer.say(frames.frame(frames.RST_STREAM, 0, 1, struct.pack(">I", code)))

    assert (failure.call, failure.status.code, failure.is_unprocessed) == (call, status, is_unprocessed)


# The end of the connection


def test_goaway_fails_the_calls_above_its_last_id():
    """GOAWAY fails the calls above its last id, which the server has not seen; the others end in peace."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 2})
    first, second, queued = peer.call(), peer.call(), peer.call()

    events = peer.say(peer.goaway(last_id=1, reason=b"max_age"))

    assert [(event.call, event.is_unprocessed, event.status.code) for event in failures(events)] == [
        (second, True, UNAVAILABLE),
        (queued, True, UNAVAILABLE),
    ]
    assert events[-1] == GoingAway(0, "NO_ERROR max_age")
    assert not peer.connection.accepts_calls
    assert peer.say(peer.response(1)) == [Response(first, b"response")]


def test_goaway_may_come_in_two_steps():
    """A graceful server says 2^31-1 first and the real id later."""
    peer = Peer()
    first, second = peer.call(), peer.call()

    assert failures(peer.say(peer.goaway())) == []
    events = peer.say(peer.goaway(last_id=1))

    assert [(event.call, event.is_unprocessed) for event in failures(events)] == [(second, True)]
    assert peer.say(peer.response(1)) == [Response(first, b"response")]


def test_a_lost_connection_fails_every_call():
    """A lost connection fails every call; only what never left is known not to have been processed."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 3})
    sent = peer.call()
    blocked = peer.call(b"x" * 100_000)
    peer.heard()
    unsent = peer.call()
    queued = peer.call()

    events = peer.connection.connection_lost("reset by peer")

    assert {event.call: event.is_unprocessed for event in failures(events)} == {
        sent: False,
        blocked: True,
        unsent: True,
        queued: True,
    }
    assert events[-1] == Closed("reset by peer")
    assert peer.heard() == []
    assert peer.connection.connection_lost("again") == []


def test_close_sends_goaway():
    """Closing sends GOAWAY."""
    peer = Peer()

    peer.connection.close()

    assert peer.heard() == parse(frames.goaway(ErrorCode.NO_ERROR))
    assert not peer.connection.accepts_calls


def test_bytes_after_a_protocol_error_are_ignored():
    """Bytes that come after a protocol error mean nothing."""
    peer = Peer()
    call = peer.call()

    peer.say(frames.frame(frames.PUSH_PROMISE, 0, 1, b"\0\0\0\2"))

    assert peer.say(peer.response(1)) == []
    peer.connection.reset(call)
    assert peer.connection.is_closed


# Keep-alive


def test_a_ping_is_answered_with_its_payload():
    """The server's PING is answered with its payload."""
    peer = Peer()

    peer.say(frames.frame(frames.PING, 0, 0, b"12345678"))

    assert peer.heard() == [Frame(frames.PING, frames.ACK, 0, b"12345678")]


def test_a_reply_to_our_ping_updates_received_at():
    """Our PING goes out, and whatever comes back shows when the peer was heard."""
    peer = Peer()

    peer.connection.ping()
    (ping,) = peer.heard()
    peer.say(frames.frame(frames.PING, frames.ACK, 0, ping.payload), now=12.5)

    assert (ping.kind, ping.flags) == (frames.PING, 0)
    assert peer.heard() == []
    assert peer.connection.received_at == 12.5


def test_a_flood_of_pings_ends_the_connection():
    """A peer that asks for answers and does not take them is asked to calm down."""
    peer = Peer()
    flood = frames.frame(frames.PING, 0, 0, b"12345678") * 1000

    for _ in range(200):
        peer.say(flood)
        if peer.connection.is_closed:
            break

    (goaway,) = peer.heard()
    assert goaway.payload[4:8] == struct.pack(">I", ErrorCode.ENHANCE_YOUR_CALM)


# Errors of the server


def setting(name, value):
    return frames.frame(frames.SETTINGS, 0, 0, struct.pack(">HI", name, value))


CONNECTION_ERRORS = {
    "DATA without a stream": (frames.frame(frames.DATA, 0, 0, b""), ErrorCode.PROTOCOL_ERROR),
    "DATA on an idle stream": (frames.frame(frames.DATA, 0, 5, b""), ErrorCode.PROTOCOL_ERROR),
    "DATA on a server's stream": (frames.frame(frames.DATA, 0, 2, b""), ErrorCode.PROTOCOL_ERROR),
    "more padding than DATA": (frames.frame(frames.DATA, frames.PADDED, 1, b"\x05abc"), ErrorCode.PROTOCOL_ERROR),
    "padding without its length": (frames.frame(frames.DATA, frames.PADDED, 1, b""), ErrorCode.PROTOCOL_ERROR),
    "HEADERS without a stream": (frames.frame(frames.HEADERS, 4, 0, b"\x88"), ErrorCode.PROTOCOL_ERROR),
    "HEADERS on an idle stream": (frames.frame(frames.HEADERS, 4, 7, b"\x88"), ErrorCode.PROTOCOL_ERROR),
    "more padding than HEADERS": (frames.frame(frames.HEADERS, 12, 1, b"\xff\x88"), ErrorCode.PROTOCOL_ERROR),
    "HEADERS without their priority": (frames.frame(frames.HEADERS, 0x24, 1, b"\0\0"), ErrorCode.FRAME_SIZE_ERROR),
    "undecodable HEADERS": (
        frames.frame(frames.HEADERS, 4, 1, b"\xff\xff\xff\xff\xff\xff"),
        ErrorCode.COMPRESSION_ERROR,
    ),
    "index 0": (frames.frame(frames.HEADERS, 4, 1, b"\x80"), ErrorCode.COMPRESSION_ERROR),
    "too large a table": (frames.frame(frames.HEADERS, 4, 1, b"\x3f\xff\xff\x03"), ErrorCode.COMPRESSION_ERROR),
    "CONTINUATION of nothing": (frames.frame(frames.CONTINUATION, 4, 1, b""), ErrorCode.PROTOCOL_ERROR),
    "CONTINUATION of another stream": (
        frames.frame(frames.HEADERS, 0, 1, b"\x88") + frames.frame(frames.CONTINUATION, 4, 3, b""),
        ErrorCode.PROTOCOL_ERROR,
    ),
    "a frame within a block": (
        frames.frame(frames.HEADERS, 0, 1, b"\x88") + frames.frame(frames.PING, 0, 0, b"12345678"),
        ErrorCode.PROTOCOL_ERROR,
    ),
    "an unknown frame within a block": (
        frames.frame(frames.HEADERS, 0, 1, b"\x88") + frames.frame(0xEE, 0, 0, b""),
        ErrorCode.PROTOCOL_ERROR,
    ),
    "endless CONTINUATION": (
        frames.frame(frames.HEADERS, 0, 1, b"\x88") + frames.frame(frames.CONTINUATION, 0, 1, b"") * 200,
        ErrorCode.ENHANCE_YOUR_CALM,
    ),
    "PRIORITY without a stream": (frames.frame(frames.PRIORITY, 0, 0, b"\0" * 5), ErrorCode.PROTOCOL_ERROR),
    "RST_STREAM without a stream": (frames.frame(frames.RST_STREAM, 0, 0, b"\0" * 4), ErrorCode.PROTOCOL_ERROR),
    "RST_STREAM of an idle stream": (frames.frame(frames.RST_STREAM, 0, 9, b"\0" * 4), ErrorCode.PROTOCOL_ERROR),
    "RST_STREAM of wrong size": (frames.frame(frames.RST_STREAM, 0, 1, b"\0" * 5), ErrorCode.FRAME_SIZE_ERROR),
    "SETTINGS on a stream": (frames.frame(frames.SETTINGS, 0, 1, b""), ErrorCode.PROTOCOL_ERROR),
    "SETTINGS of wrong size": (frames.frame(frames.SETTINGS, 0, 0, b"\0" * 7), ErrorCode.FRAME_SIZE_ERROR),
    "an acknowledgement with settings": (frames.frame(frames.SETTINGS, 1, 0, b"\0" * 6), ErrorCode.FRAME_SIZE_ERROR),
    "push enabled": (setting(Setting.ENABLE_PUSH, 1), ErrorCode.PROTOCOL_ERROR),
    "too large an initial window": (setting(Setting.INITIAL_WINDOW_SIZE, 1 << 31), ErrorCode.FLOW_CONTROL_ERROR),
    "too small frames": (setting(Setting.MAX_FRAME_SIZE, 16_383), ErrorCode.PROTOCOL_ERROR),
    "too large frames": (setting(Setting.MAX_FRAME_SIZE, 1 << 24), ErrorCode.PROTOCOL_ERROR),
    "PUSH_PROMISE": (frames.frame(frames.PUSH_PROMISE, 4, 1, b"\0\0\0\2\x88"), ErrorCode.PROTOCOL_ERROR),
    "PING on a stream": (frames.frame(frames.PING, 0, 1, b"12345678"), ErrorCode.PROTOCOL_ERROR),
    "PING of wrong size": (frames.frame(frames.PING, 0, 0, b"1234567"), ErrorCode.FRAME_SIZE_ERROR),
    "GOAWAY on a stream": (frames.frame(frames.GOAWAY, 0, 1, b"\0" * 8), ErrorCode.PROTOCOL_ERROR),
    "GOAWAY of wrong size": (frames.frame(frames.GOAWAY, 0, 0, b"\0" * 7), ErrorCode.FRAME_SIZE_ERROR),
    "WINDOW_UPDATE of nothing": (frames.window_update(0, 0), ErrorCode.PROTOCOL_ERROR),
    "WINDOW_UPDATE of an idle stream": (frames.window_update(9, 1), ErrorCode.PROTOCOL_ERROR),
    "WINDOW_UPDATE of wrong size": (frames.frame(frames.WINDOW_UPDATE, 0, 0, b"\0" * 3), ErrorCode.FRAME_SIZE_ERROR),
    "too large a window": (frames.window_update(0, frames.MAX_WINDOW) * 2, ErrorCode.FLOW_CONTROL_ERROR),
    "too large a frame": (frames.frame(frames.DATA, 0, 1, b"x" * 16_385), ErrorCode.FRAME_SIZE_ERROR),
}


@pytest.mark.parametrize("spoken", CONNECTION_ERRORS)
def test_a_connection_error_is_answered_with_goaway(spoken):
    """What breaks the connection is answered with GOAWAY and RFC 9113's code for it, and fails every call."""
    data, code = CONNECTION_ERRORS[spoken]
    peer = Peer()
    first, second = peer.call(), peer.call(b"x" * 100_000)
    peer.heard()

    events = peer.say(data)

    (goaway,) = [frame for frame in peer.heard() if frame.kind == frames.GOAWAY]
    assert goaway.payload[:8] == struct.pack(">II", 0, code)
    assert [(failure.call, failure.status.code) for failure in failures(events)] == [
        (first, UNAVAILABLE),
        (second, UNAVAILABLE),
    ]
    assert type(events[-1]) is Closed
    assert peer.connection.is_closed


@pytest.mark.parametrize(
    "first",
    [frames.frame(frames.PING, 0, 0, b"12345678"), frames.frame(frames.SETTINGS, 1, 0, b""), b"HTTP/1.1 400 Bad"],
)
def test_a_first_frame_other_than_settings_is_not_http2(first):
    """A server that does not begin with SETTINGS does not speak HTTP/2."""
    peer = Peer(greets=False)
    peer.heard()

    peer.say(first)

    assert peer.heard()[0].payload[4:8] == struct.pack(">I", ErrorCode.PROTOCOL_ERROR)


def test_an_oversized_header_list_ends_the_connection():
    """A header list over the limit we announced ends the connection, as the table is lost with it."""
    peer = Peer()
    peer.call()
    peer.heard()
    # Indexed once, a long header costs one byte.
    block = peer.encoder.encode([*OK_HEAD, (b"x", b"y" * 3000)])

    peer.say(frames.frame(frames.HEADERS, 4, 1, block), frames.frame(frames.HEADERS, 4, 1, b"\xbe" * 1000))

    assert peer.heard()[-1].payload[4:8] == struct.pack(">I", ErrorCode.ENHANCE_YOUR_CALM)


def test_data_over_the_connections_window_ends_the_connection():
    """More DATA than the connection's window ends the connection."""
    peer = Peer()
    peer.call()
    peer.connection._inbound._window = 10
    peer.heard()

    peer.say(peer.headers(1, OK_HEAD), peer.data(1, b"x" * 11))

    assert peer.heard()[-1].payload[4:8] == struct.pack(">I", ErrorCode.FLOW_CONTROL_ERROR)


STREAM_ERRORS = {
    "DATA before HEADERS": (lambda peer: peer.data(1, b"abc"), ErrorCode.PROTOCOL_ERROR),
    "no :status": (lambda peer: peer.headers(1, OK_HEAD[1:]), ErrorCode.PROTOCOL_ERROR),
    "impossible :status": (lambda peer: peer.headers(1, [(b":status", b"2000")]), ErrorCode.PROTOCOL_ERROR),
    "two :status": (lambda peer: peer.headers(1, [*OK_HEAD[:1], *OK_HEAD]), ErrorCode.PROTOCOL_ERROR),
    "a request's pseudo-header": (lambda peer: peer.headers(1, [(b":path", b"/"), *OK_HEAD]), ErrorCode.PROTOCOL_ERROR),
    "late :status": (lambda peer: peer.headers(1, OK_HEAD[::-1]), ErrorCode.PROTOCOL_ERROR),
    "upper case": (lambda peer: peer.headers(1, [*OK_HEAD, (b"Upper", b"x")]), ErrorCode.PROTOCOL_ERROR),
    "a line break in a value": (lambda peer: peer.headers(1, [*OK_HEAD, (b"x", b"a\nb")]), ErrorCode.PROTOCOL_ERROR),
    "a NUL in a value": (lambda peer: peer.headers(1, [*OK_HEAD, (b"x", b"a\0")]), ErrorCode.PROTOCOL_ERROR),
    "connection-specific": (lambda peer: peer.headers(1, [*OK_HEAD, (b"upgrade", b"x")]), ErrorCode.PROTOCOL_ERROR),
    "trailers that go on": (
        lambda peer: peer.headers(1, OK_HEAD) + peer.headers(1, OK_TRAILERS),
        ErrorCode.PROTOCOL_ERROR,
    ),
    "WINDOW_UPDATE of nothing": (lambda peer: frames.window_update(1, 0), ErrorCode.PROTOCOL_ERROR),
    "too large a window": (lambda peer: frames.window_update(1, frames.MAX_WINDOW) * 2, ErrorCode.FLOW_CONTROL_ERROR),
}


@pytest.mark.parametrize("spoken", STREAM_ERRORS)
def test_a_stream_error_is_answered_with_rst_stream(spoken):
    """What breaks a stream is answered with RST_STREAM, and fails its call and no other."""
    make, code = STREAM_ERRORS[spoken]
    peer = Peer()
    call, other = peer.call(b"x" * 100_000), peer.call()
    peer.heard()

    events = peer.say(make(peer))

    assert peer.heard() == parse(frames.rst_stream(1, code))
    assert [(failure.call, failure.status.code) for failure in failures(events)] == [(call, INTERNAL)]
    assert peer.say(peer.response(3)) == [Response(other, b"response")]


def test_data_over_the_streams_window_resets_the_stream():
    """More DATA than a stream's window resets the stream."""
    peer = Peer()
    call = peer.call()
    call.receive_window = 10
    peer.heard()

    events = peer.say(peer.headers(1, OK_HEAD), peer.data(1, b"x" * 11))

    assert statuses(events) == [INTERNAL]
    assert peer.heard() == parse(frames.rst_stream(1, ErrorCode.FLOW_CONTROL_ERROR))


def test_a_malformed_end_resets_nothing():
    """A stream that ends in an error of the server has nothing left to reset."""
    peer = Peer()
    peer.call()
    peer.heard()

    events = peer.say(peer.headers(1, [*OK_HEAD, (b"Upper", b"x")], ends=True))

    assert statuses(events) == [INTERNAL]
    assert peer.heard() == []


# Metadata


@pytest.mark.parametrize("limit", [None, 1])
def test_invalid_metadata_are_refused_at_start(limit):
    """Metadata that cannot be sent are refused at once, and nothing of the call is sent, queued or not."""
    peer = Peer(settings={} if limit is None else {Setting.MAX_CONCURRENT_STREAMS: 0})

    with pytest.raises(ValueError, match="authorization"):
        peer.call(metadata=(("authorization", "Bearer x\n"),))

    assert peer.heard() == []
    assert peer.connection.calls == 0


def test_headers_over_the_servers_limit_are_refused():
    """More headers than the server accepts are refused here; a queued call too, if the server changes its mind."""
    peer = Peer(settings={Setting.MAX_HEADER_LIST_SIZE: 1000, Setting.MAX_CONCURRENT_STREAMS: 0})
    with pytest.raises(ValueError, match="the server accepts 1000"):
        peer.call(metadata=(("a", "x" * 1000),))
    call = peer.call(metadata=(("a", "x" * 300),))

    peer.say(frames.settings({Setting.MAX_HEADER_LIST_SIZE: 500}))
    (failure,) = peer.say(frames.settings({Setting.MAX_CONCURRENT_STREAMS: 1}))

    assert (failure.call, failure.status.code) == (call, RPCStatusCode.INVALID_ARGUMENT)


def test_the_header_limit_counts_the_timeout():
    """The timeout of a call is one of its headers, and is room that its metadata do not have."""
    peer = Peer()
    peer.call(timeout=1.5)
    size = sum(len(name) + len(value) + 32 for name, value in peer.decoded(peer.heard()[0]))
    peer.say(frames.settings({Setting.MAX_HEADER_LIST_SIZE: size - 1}))

    with pytest.raises(ValueError, match=f"the server accepts {size - 1}"):
        peer.call(timeout=1.5)


def test_a_queued_call_that_has_become_too_large_fails_in_its_turn():
    """A queued call that cannot be sent any more fails when its turn comes, also where giving another up brings it."""
    peer = Peer(settings={Setting.MAX_HEADER_LIST_SIZE: 1000, Setting.MAX_CONCURRENT_STREAMS: 1})
    first, queued = peer.call(), peer.call(metadata=(("a", "x" * 300),))
    peer.say(frames.settings({Setting.MAX_HEADER_LIST_SIZE: 500}))

    (failure,) = peer.connection.reset(first)

    assert (failure.call, failure.status.code) == (queued, RPCStatusCode.INVALID_ARGUMENT)


def test_a_server_without_a_header_table_gets_full_headers():
    """A server without a header table gets every header in full, every time."""
    peer = Peer(settings={Setting.HEADER_TABLE_SIZE: 0})
    peer.decoder.max_allowed_table_size = 0

    blocks = []
    for _ in range(3):
        peer.call()
        headers, _ = peer.heard()
        blocks.append(peer.decoded(headers))

    assert blocks[0] == blocks[1] == blocks[2]


def test_repr_shows_the_state_of_the_connection():
    """The connection shows its state."""
    peer = Peer(settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    call = peer.call()
    peer.call()

    assert repr(peer.connection) == "<Http2Connection [open, 1 calls, 1 queued]>"
    assert repr(call) == "<Call /test.Service/Method [stream 1]>"
    peer.connection.stop_accepting()
    assert repr(peer.connection) == "<Http2Connection [going away, 1 calls, 1 queued]>"
    peer.connection.connection_lost("")
    assert repr(peer.connection) == "<Http2Connection [closed, 0 calls, 0 queued]>"


def test_goaway_at_every_step():
    """GOAWAY between any two frames of a call neither loses nor repeats it."""
    for step, last_id in itertools.product(range(4), (0, 1, frames.MAX_STREAM_ID)):
        peer = Peer()
        call = peer.call()
        peer.heard()
        spoken = [
            peer.headers(1, OK_HEAD),
            peer.data(1, message(b"hello")),
            peer.headers(1, OK_TRAILERS, ends=True),
        ]
        spoken.insert(step, peer.goaway(last_id))

        events = [event for frame in spoken for event in peer.say(frame) if type(event) is not GoingAway]

        if last_id == 0 and step < 3:
            assert [(failure.call, failure.is_unprocessed) for failure in failures(events)] == [(call, True)]
        else:
            assert events == [Response(call, b"hello")]
        assert not peer.connection.accepts_calls
        assert not peer.connection.is_closed
