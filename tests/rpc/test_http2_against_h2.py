from __future__ import annotations

import random
import struct

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from http2_peer import PATH, message
from hypothesis import given, settings, strategies as st

from asyncworker._rpc.http2._call import Call, Closed, Failure, GoingAway, Ready, Response
from asyncworker._rpc.http2._protocol import Http2Connection
from asyncworker.exceptions import RPCStatusCode

SETTINGS = h2.settings.SettingCodes


class H2Server:
    """A gRPC server on h2, which knows nothing of our frames and is strict about all of them."""

    def __init__(self, values, dice):
        config = h2.config.H2Configuration(client_side=False, header_encoding=None)
        self.h2 = h2.connection.H2Connection(config)
        # Applied before the preface, so that the first SETTINGS carry them.
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values=values)
        self.h2.max_inbound_frame_size = self.h2.local_settings.max_frame_size
        self.h2.decoder.max_allowed_table_size = self.h2.local_settings.header_table_size
        self.h2.initiate_connection()
        self.dice = dice
        self.requests = {}
        self.paths = {}
        self.outgoing = {}
        self.resets = {}
        self.goodbye = None

    def receive(self, data):
        ended = []
        for event in self.h2.receive_data(data):
            match event:
                case h2.events.RequestReceived():
                    self.requests[event.stream_id] = b""
                    self.paths[event.stream_id] = dict(event.headers)[b":path"]
                case h2.events.DataReceived():
                    self.requests[event.stream_id] += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    ended.append(event.stream_id)
                case h2.events.StreamReset():
                    self.resets[event.stream_id] = event.error_code
                    self.outgoing.pop(event.stream_id, None)
                case h2.events.ConnectionTerminated():
                    self.goodbye = event.error_code
        for stream_id in ended:
            if stream_id not in self.resets:
                self.answer(stream_id)

    def answer(self, stream_id):
        head = [(b":status", b"200"), (b"content-type", b"application/grpc")]
        if self.dice.random() < 0.3:
            head.append((b"x-random", self.dice.randbytes(self.dice.choice([1, 200])).hex().encode()))
        if self.dice.random() < 0.1:
            self.h2.send_headers(
                stream_id, [*head, (b"grpc-status", b"5"), (b"grpc-message", b"none")], end_stream=True
            )
            return
        self.h2.send_headers(stream_id, head)
        self.outgoing[stream_id] = message(self.requests[stream_id][5:][::-1])
        self.pump()

    def pump(self):
        for stream_id in list(self.outgoing):
            while (left := self.outgoing[stream_id]) and (window := self.h2.local_flow_control_window(stream_id)) > 0:
                padding = self.dice.choice([7, 0, None, None])
                room = min(window, self.h2.max_outbound_frame_size) - (0 if padding is None else padding + 1)
                if room <= 0:
                    padding, room = None, min(window, self.h2.max_outbound_frame_size)
                size = min(len(left), room, self.dice.choice([1, 100, 16_384, 16_384]))
                self.h2.send_data(stream_id, left[:size], pad_length=padding)
                self.outgoing[stream_id] = left[size:]
            if not self.outgoing[stream_id]:
                del self.outgoing[stream_id]
                self.h2.send_headers(stream_id, [(b"grpc-status", b"0"), (b"grpc-message", b"")], end_stream=True)


def chunks(data, dice):
    while data:
        size = dice.choice([1, 9, 10, 100, 1000, 20_000, 300_000]) if len(data) < 2000 else len(data) // 3
        yield data[:size]
        data = data[size:]


def exchange(client, server, dice):
    """Carry bytes both ways, in pieces, until there are none; return the client's events."""
    events = []
    while True:
        up = client.data_to_send()
        for piece in chunks(up, dice):
            server.receive(piece)
        server.pump()
        down = server.h2.data_to_send()
        for piece in chunks(down, dice):
            events += client.receive_data(piece)
        if not up and not down:
            return events


class Largest(random.Random):
    """Dice for those in a hurry."""

    def choice(self, options):
        return options[-1]


server_settings = st.fixed_dictionaries(
    {},
    optional={
        SETTINGS.HEADER_TABLE_SIZE: st.sampled_from([0, 100, 4096, 65_536]),
        SETTINGS.INITIAL_WINDOW_SIZE: st.sampled_from([1, 1000, 65_535, 1 << 20]),
        SETTINGS.MAX_FRAME_SIZE: st.sampled_from([16_384, 20_000, 1 << 20]),
        SETTINGS.MAX_CONCURRENT_STREAMS: st.sampled_from([1, 2, 100]),
        SETTINGS.MAX_HEADER_LIST_SIZE: st.just(65_536),
    },
)


@settings(max_examples=50, deadline=None)
@given(values=server_settings, seed=st.integers(0, 2**32))
def test_each_call_gets_its_response_from_h2(values, seed):
    """Whatever a strict server's settings, and however the bytes are cut, every call gets the answer to its request."""
    dice = random.Random(seed)
    client, server = Http2Connection("test:7233"), H2Server(values, dice)
    events = exchange(client, server, dice)
    large = 3000 if values.get(SETTINGS.INITIAL_WINDOW_SIZE, 65_535) < 1000 else 150_000
    metadata = [(), (("temporal-namespace", "default"),), (("a", "b" * 2000), ("c-bin", b"\0\1"))]

    calls = []
    for _ in range(dice.randint(1, 12)):
        request = dice.randbytes(dice.choice([0, 1, 100, min(20_000, large), large]))
        call = Call(f"{PATH}{dice.randint(1, 3)}", request, dice.choice([None, 10.0, 0.25]), dice.choice(metadata), "w")
        client.start(call)
        calls.append(call)
        if dice.random() < 0.3:
            events += exchange(client, server, dice)
    events += exchange(client, server, dice)

    assert type(events[0]) is Ready
    answers = {event.call: event for event in events[1:]}
    assert answers.keys() == set(calls)
    for call, event in answers.items():
        if type(event) is Failure:
            assert event.status.code is RPCStatusCode.NOT_FOUND
        else:
            assert event.message == call.request[::-1]
        assert server.requests[call.id] == message(call.request)
        assert server.paths[call.id] == call.path.encode()
    assert client.calls == 0
    assert client._inbound.held == 0


@settings(max_examples=40, deadline=None)
@given(values=server_settings, seed=st.integers(0, 2**32))
def test_reset_calls_leave_both_sides_in_agreement(values, seed):
    """Calls that are given up at any moment leave both sides in agreement."""
    dice = random.Random(seed)
    client, server = Http2Connection("test:7233"), H2Server(values, dice)
    events = exchange(client, server, dice)

    kept = []
    for _ in range(dice.randint(1, 12)):
        call = Call(PATH, dice.randbytes(dice.choice([1, 3000])), None, (), "w")
        client.start(call)
        if dice.random() < 0.3:
            server.receive(client.data_to_send())
        if dice.random() < 0.3:
            client.reset(call)
        else:
            kept.append(call)
    events += exchange(client, server, dice)

    assert {event.call for event in events[1:]} == set(kept)
    assert client.calls == 0


def test_a_response_larger_than_the_windows_arrives():
    """Responses larger than both windows arrive, as the windows are given back."""
    dice = random.Random(1)
    client, server = Http2Connection("test:7233", max_message=20 << 20), H2Server({}, dice)
    exchange(client, server, dice)
    server.answer = lambda stream_id: None
    calls = [Call(PATH, b"", None, (), "w") for _ in range(2)]
    for call in calls:
        client.start(call)
    exchange(client, server, dice)

    for call in calls:
        server.h2.send_headers(call.id, [(b":status", b"200"), (b"content-type", b"application/grpc")])
        server.outgoing[call.id] = message(bytes(20 << 20))
    server.dice = Largest()
    events = exchange(client, server, Largest())

    assert [(type(event), len(event.message)) for event in events] == [(Response, 20 << 20)] * 2


@pytest.mark.parametrize("last", [0, 1, 2])
def test_after_h2s_goaway_accepted_calls_end_well(last):
    """After h2's GOAWAY the calls it has accepted end well, the others may be sent again."""
    dice = random.Random(3)
    client, server = Http2Connection("test:7233"), H2Server({}, dice)
    exchange(client, server, dice)
    server.answer = lambda stream_id: None
    calls = [Call(PATH, b"", None, (), "w") for _ in range(2)]
    for call in calls:
        client.start(call)
    exchange(client, server, dice)

    # h2 itself can send nothing after GOAWAY.
    goaway = struct.pack(">IBIII", 8 << 8 | 7, 0, 0, [0, 1, 3][last], 0)
    events = client.receive_data(goaway)
    for call in calls[:last]:
        H2Server.answer(server, call.id)
    events += exchange(client, server, dice)

    unprocessed = [event.call for event in events if type(event) is Failure and event.is_unprocessed]
    answered = [event.call for event in events if type(event) in (Response, Failure) and event.call not in unprocessed]
    assert unprocessed == calls[last:]
    assert answered == calls[:last]
    assert GoingAway(0, "NO_ERROR") in events


def test_h2_receives_our_goaway():
    """Closing, and protocol errors, reach h2 with their codes."""
    dice = random.Random(4)
    closing, server = Http2Connection("test:7233"), H2Server({}, dice)
    exchange(closing, server, dice)
    closing.close()
    exchange(closing, server, dice)
    failing, other = Http2Connection("test:7233"), H2Server({}, dice)
    exchange(failing, other, dice)
    events = failing.receive_data(b"\0\0\0\5\0\0\0\0\1")
    exchange(failing, other, dice)

    assert server.goodbye == 0
    assert other.goodbye == 1
    assert type(events[-1]) is Closed
