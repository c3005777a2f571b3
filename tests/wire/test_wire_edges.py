"""The wire's edges one by one; tests against google's runtime say that these are its answers too."""

from __future__ import annotations

import inspect
import math
import struct
import sys
from array import array

import pytest
from google.protobuf.message import DecodeError as GoogleDecodeError
from wire_reference import canonical, google_type

from asyncworker._proto.temporal.api.common.v1 import (
    Header,
    Payload,
    Payloads,
    Priority,
    WorkerVersionStamp,
    WorkflowExecution,
)
from asyncworker._proto.temporal.api.enums.v1 import TaskQueueType, TimeoutType
from asyncworker._proto.temporal.api.failure.v1 import (
    ApplicationFailureInfo,
    CanceledFailureInfo,
    Failure,
    TimeoutFailureInfo,
)
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueueMetadata
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse,
    RespondActivityTaskCompletedResponse,
    ShutdownWorkerRequest,
)
from asyncworker._proto.temporal.wkt import DoubleValue, Duration, Timestamp
from asyncworker._wire import DecodeError, EncodeError, decode, encode

ATTEMPT = b"\x68"
ACTIVITY_ID = b"\x32"


def field(tag: bytes, content: bytes) -> bytes:
    """A field with a length."""
    size, length = len(content), b""
    while size > 127:
        size, length = size >> 7, length + bytes((size & 127 | 128,))
    return tag + length + bytes((size,)) + content


def nested(depth: int, innermost: bytes = b"") -> bytes:
    """A Failure with so many causes."""
    for _ in range(depth):
        innermost = field(b"\x22", innermost)
    return innermost


# Bytes that end too early


def test_every_cut_is_noticed():
    """A message that is cut inside of a field is refused, wherever the cut is."""
    message = PollActivityTaskQueueResponse(
        task_token=b"x" * 200,
        activity_id="abc",
        header=Header(fields={"key": Payload(metadata={"encoding": b"json/plain"}, data=b"1")}),
        scheduled_time=Timestamp(seconds=1_700_000_000, nanos=5),
        attempt=-1,
        priority=Priority(priority_key=1, fairness_weight=1.5),
    )
    data = encode(message)
    theirs = google_type(PollActivityTaskQueueResponse)
    whole = {end for end in range(len(data) + 1) if _reads(theirs.FromString, data[:end])}

    accepted = {end for end in range(len(data) + 1) if _reads(lambda cut: decode(type(message), cut), data[:end])}

    assert accepted == whole


def _reads(read, data):
    try:
        read(data)
    except (DecodeError, GoogleDecodeError):
        return False
    return True


@pytest.mark.parametrize(
    "data",
    [
        field(b"\x22", b"\x0a\x05ab") + b"\x0a\x01x",
        field(b"\x22", field(b"\x22", b"\x0a\x02a")) + b"xx",
        b"\x0a\xff\xff\xff\xff\x0fab",
        b"\x0a",
        b"\x0a\x80",
        b"\x80",
    ],
)
def test_a_field_stays_inside_of_its_message(data):
    """What a nested message claims beyond its own end is not taken from the bytes behind it."""
    with pytest.raises(DecodeError):
        decode(Failure, data)


def test_truncated_floats_are_refused():
    """Half of a float, and half of a double, are refused."""
    for cls, tag, width in ((Priority, b"\x1d", 4), (DoubleValue, b"\x09", 8)):
        for size in range(width):
            with pytest.raises(DecodeError):
                decode(cls, tag + b"\x00" * size)


# Depth


@pytest.mark.parametrize("depth", [99, 100, 101, 102, 5_000])
def test_messages_nest_100_deep(depth):
    """Messages may nest 100 deep, as in google's runtime, and a deeper one is a DecodeError."""
    data = nested(depth)

    assert _reads(lambda data: decode(Failure, data), data) == (depth <= 100)
    assert _reads(google_type(Failure).FromString, data) == (depth <= 100)


@pytest.mark.parametrize("depth", range(90, 101))
@pytest.mark.parametrize(
    "innermost",
    [
        # failure.encoded_attributes.metadata["k"]
        field(b"\xa2\x01", field(b"\x0a", b"\x0a\x01k")),
        # failure.application_failure_info.details.payloads[0].metadata["k"]
        field(b"\x2a", field(b"\x1a", field(b"\x0a", field(b"\x0a", b"\x0a\x01k")))),
        # An unknown group in an unknown group
        b"\xe3\x06\xe3\x06\xe4\x06\xe4\x06",
        # An unknown group in a map's entry
        field(b"\xa2\x01", field(b"\x0a", b"\xe3\x06\xe4\x06")),
    ],
    ids=["map", "payload", "groups", "group in map"],
)
def test_map_entries_and_groups_count_as_levels(depth, innermost):
    """Maps' entries and groups count as levels, exactly as in google's runtime."""
    data = nested(depth, innermost)

    assert _reads(lambda data: decode(Failure, data), data) == _reads(google_type(Failure).FromString, data)


def test_a_message_read_at_the_end_of_pythons_stack_is_refused():
    """A caller that is nested deep itself gets an error of the message, and not of the interpreter."""
    data = nested(90)

    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        else:
            decode(Failure, data)

    with pytest.raises(DecodeError, match="Failure is nested too deep to be read"):
        deep(sys.getrecursionlimit() - len(inspect.stack(0)) - 60)


def test_deep_messages_are_written_or_refused():
    """A message deeper than Python's stack is an EncodeError; one that fits is written, even if too deep to be read."""
    failure = Failure(message="innermost")
    for _ in range(200):
        failure = Failure(cause=failure)
    deep = failure
    for _ in range(sys.getrecursionlimit()):
        deep = Failure(cause=deep)

    assert len(encode(failure)) > 200 * 2
    with pytest.raises(EncodeError, match="nested too deep"):
        encode(deep)


# Varints


@pytest.mark.parametrize("last", [0x00, 0x01, 0x02, 0x7F])
def test_only_the_lowest_bit_of_a_tenth_byte_counts(last):
    """Of a tenth byte only the lowest bit counts."""
    data = ATTEMPT + b"\xff" * 9 + bytes((last,))

    assert decode(PollActivityTaskQueueResponse, data).attempt == -1


def test_an_eleven_byte_varint_is_refused():
    """A varint is never longer than ten bytes."""
    with pytest.raises(DecodeError, match="ten bytes"):
        decode(PollActivityTaskQueueResponse, ATTEMPT + b"\xff" * 10 + b"\x01")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x05", 5),
        (b"\x80\x01", 128),
        (b"\xff\xff\xff\xff\x07", 2**31 - 1),
        (b"\x80\x80\x80\x80\x08", -(2**31)),
        (b"\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01", -(2**31)),
        (b"\x85\x80\x80\x80\x80\x80\x80\x80\x80\x01", 5),
        (b"\x85\x80\x00", 5),
    ],
)
def test_int32_takes_the_lowest_bits(data, expected):
    """A number of 32 bits is read from the lowest bits of its varint, however long that is."""
    assert decode(PollActivityTaskQueueResponse, ATTEMPT + data).attempt == expected


def test_a_bool_is_true_for_any_number_but_0():
    """A bool is true for every varint but 0."""
    for data, expected in ((b"\x00", False), (b"\x01", True), (b"\x02", True), (b"\x80\x80\x01", True)):
        assert decode(WorkerVersionStamp, b"\x18" + data).use_versioning is expected


def test_a_length_has_at_most_five_bytes():
    """A length may be written in more bytes than it needs, but not in more than five."""
    assert decode(PollActivityTaskQueueResponse, ACTIVITY_ID + b"\x82\x80\x80\x80\x00ab").activity_id == "ab"
    with pytest.raises(DecodeError, match="32 bits"):
        decode(PollActivityTaskQueueResponse, ACTIVITY_ID + b"\x82\x80\x80\x80\x80\x00ab")


# What is not known


@pytest.mark.parametrize(
    "data",
    [
        b"\x98\x06\x05",
        b"\x98\x06" + b"\xff" * 9 + b"\x7f",
        b"\x99\x06" + b"12345678",
        b"\x9a\x06\x02ab",
        b"\x9d\x06" + b"1234",
        b"\xe3\x06\x08\x01\xe3\x06\xe4\x06\xe4\x06",
        b"\xf8\xff\xff\xff\x0f\x05",
        b"\x98\x86\x80\x00\x05",
        # activity_id as a number, attempt as bytes
        b"\x30\x05",
        b"\x6a\x01\x05",
    ],
)
def test_unknown_fields_are_kept(data):
    """What is not known, or has another wire type than its field, is written again byte for byte."""
    for cls in (PollActivityTaskQueueResponse, RespondActivityTaskCompletedResponse):
        assert encode(decode(cls, data)) == data


def test_unknown_fields_are_written_behind_known_ones():
    """Unknown fields keep their order and are written behind the known ones."""
    message = decode(WorkflowExecution, b"\x98\x06\x05" + b"\x12\x01r" + b"\x98\x06\x06" + b"\x0a\x01w")

    assert message == WorkflowExecution(workflow_id="w", run_id="r")
    assert encode(message) == b"\x0a\x01w" + b"\x12\x01r" + b"\x98\x06\x05" + b"\x98\x06\x06"


@pytest.mark.parametrize(
    ("cls", "data"),
    [
        (Payload, field(b"\xa2\x06", b"x" * 20)),
        (Header, field(b"\x0a", b"\x18\x05" + field(b"\x12", b"x" * 20))),
        (PollActivityTaskQueueResponse, field(b"\x1a", field(b"\xa2\x06", b"x" * 20))),
    ],
    ids=["fields", "entries of a map", "fields of a message in parts"],
)
def test_many_unknown_fields_take_linear_time(cls, data):
    """The time to read unknown fields grows with their number, not with its square, which no test has time for."""
    message = decode(cls, data * 400_000)

    assert len(encode(message)) > 20 * 400_000


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x05",
        b"\x02\x00",
        b"\x00",
        b"\x0a\x01w\x00",
        b"\x0c",
        b"\x0e\x05",
        b"\x0f\x05",
        b"\x98\x06",
        b"\xe3\x06",
        b"\xe3\x06\x08",
        b"\xe3\x06\xec\x06",
        b"\xe3\x06\x00\x01\xe4\x06",
        b"\x80\x80\x80\x80\x10\x05",
        b"\xf8\xff\xff\xff\xff\x00\x05",
    ],
)
def test_nonsense_is_refused(data):
    """Field number 0, wire types 6 and 7, groups that do not end, tags above 32 bits are errors in every message."""
    for cls in (WorkflowExecution, RespondActivityTaskCompletedResponse):
        with pytest.raises(DecodeError):
            decode(cls, data)


def test_an_unknown_enum_number_is_kept():
    """A number without a name stays what it is: an unnamed member of its enum."""
    message = decode(TimeoutFailureInfo, b"\x08\x63")

    assert isinstance(message.timeout_type, TimeoutType)
    assert message.timeout_type == 99
    assert encode(message) == b"\x08\x63"


def test_a_negative_enum_number_is_written_in_ten_bytes():
    """A negative number is written in ten bytes, and read from five as well."""
    message = TimeoutFailureInfo(timeout_type=TimeoutType(-1))

    assert encode(message) == b"\x08" + b"\xff" * 9 + b"\x01"
    assert decode(TimeoutFailureInfo, encode(message)) == message
    assert decode(TimeoutFailureInfo, b"\x08\xff\xff\xff\xff\x0f") == message


# Lists


def test_lists_may_be_packed_unpacked_and_mixed():
    """A list of numbers may come packed, one by one, and mixed; it is written packed."""
    expected = [TaskQueueType.WORKFLOW, TaskQueueType.ACTIVITY, TaskQueueType(300)]
    for data in (b"\x42\x04\x01\x02\xac\x02", b"\x40\x01\x40\x02\x40\xac\x02", b"\x42\x02\x01\x02\x40\xac\x02"):
        message = decode(ShutdownWorkerRequest, data)

        assert message.task_queue_types == expected
        assert encode(message) == b"\x42\x04\x01\x02\xac\x02"


@pytest.mark.parametrize("data", [b"\x42\x02\x01\x80\x40\x01", b"\x42\x01\x80\x01", b"\x42\x05\x01"])
def test_a_truncated_packed_list_is_refused(data):
    """A number of a packed list may not reach beyond the list."""
    with pytest.raises(DecodeError):
        decode(ShutdownWorkerRequest, data)


def test_lists_of_messages_keep_empty_items():
    """An empty message in a list is an item."""
    message = Payloads(payloads=[Payload(), Payload(data=b"x"), Payload()])

    assert decode(Payloads, encode(message)) == message


# Maps


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (b"\x0a\x01k\x12\x01v", {"k": b"v"}),
        (b"\x12\x01v\x0a\x01k", {"k": b"v"}),
        (b"\x0a\x01k", {"k": b""}),
        (b"\x12\x01v", {"": b"v"}),
        (b"", {"": b""}),
        (b"\x0a\x01j\x0a\x01k\x12\x01u\x12\x01v", {"k": b"v"}),
    ],
)
def test_key_and_value_of_a_map_entry_come_in_any_order(entry, expected):
    """Key and value may come in any order, more than once, or not at all."""
    assert decode(Payload, field(b"\x0a", entry)).metadata == expected


@pytest.mark.parametrize("entry", [b"\x0a\x01k\x12\x01v\x18\x05", b"\x08\x01\x12\x01v", b"\x0a\x01k\x10\x01"])
def test_strange_map_entries_are_kept_whole(entry):
    """An entry that says anything else is an unknown field, since nothing else could keep what it says."""
    data = field(b"\x0a", entry)

    message = decode(Payload, data)

    assert message.metadata == {}
    assert encode(message) == data
    assert google_type(Payload).FromString(data).metadata == {}


@pytest.mark.parametrize("data", [b"\x0a\x05\x0a\x01k", b"\x0a\x02\x0a\x01k\x0a\x00", b"\x0a\x06\x0a\x01\xff\x12\x01v"])
def test_truncated_map_entries_are_refused(data):
    """An entry that is cut, whose parts reach beyond it, or whose key is no text, is refused."""
    with pytest.raises(DecodeError):
        decode(Payload, data)


def test_messages_in_maps_may_be_missing_or_split():
    """A map's message may be missing, and comes in parts like any other."""
    parts = b"\x0a\x01k" + b"\x12\x03\x12\x01a" + b"\x12\x05\x0a\x03\x0a\x01z"

    assert decode(Header, field(b"\x0a", b"\x0a\x01k")).fields == {"k": Payload()}
    assert decode(Header, field(b"\x0a", parts)).fields == {"k": Payload(metadata={"z": b""}, data=b"a")}


def test_the_later_of_two_map_entries_wins():
    """Of two entries with the same key the later counts, with nothing of the earlier."""
    entries = [field(b"\x0a", b"\x0a\x01k" + field(b"\x12", value)) for value in (b"\x12\x01a", b"\x0a\x03\x0a\x01z")]

    assert decode(Header, b"".join(entries)).fields == {"k": Payload(metadata={"z": b""})}


# Merging


def test_split_messages_are_merged():
    """A message that comes in parts is put together, down to its leaves."""
    first = PollActivityTaskQueueResponse(workflow_execution=WorkflowExecution(workflow_id="w", run_id="old"))
    second = PollActivityTaskQueueResponse(workflow_execution=WorkflowExecution(run_id="r"), attempt=2)

    merged = decode(PollActivityTaskQueueResponse, encode(first) + encode(second))

    assert merged.workflow_execution == WorkflowExecution(workflow_id="w", run_id="r")
    assert merged.attempt == 2


def test_last_member_of_a_oneof_wins():
    """Of two members of a oneof the later one is set and the earlier one is not."""
    first = Failure(application_failure_info=ApplicationFailureInfo(type="A"))
    second = Failure(canceled_failure_info=CanceledFailureInfo())

    message = decode(Failure, encode(first) + encode(second))

    assert message.application_failure_info is None
    assert message.canceled_failure_info == CanceledFailureInfo()
    assert encode(message) == encode(second)


def test_same_member_of_a_oneof_is_merged():
    """A oneof's message that comes in parts is put together, unless another member came between them."""
    first = encode(Failure(application_failure_info=ApplicationFailureInfo(type="A")))
    second = encode(Failure(application_failure_info=ApplicationFailureInfo(non_retryable=True)))
    between = encode(Failure(canceled_failure_info=CanceledFailureInfo()))

    together = decode(Failure, first + second).application_failure_info
    apart = decode(Failure, first + between + second).application_failure_info

    assert together == ApplicationFailureInfo(type="A", non_retryable=True)
    assert apart == ApplicationFailureInfo(non_retryable=True)


def test_the_last_member_of_a_oneof_wins_across_parts():
    """The last member wins across the parts of a message, too."""
    first = field(b"\x22", encode(Failure(application_failure_info=ApplicationFailureInfo(type="A"))))
    second = field(b"\x22", encode(Failure(canceled_failure_info=CanceledFailureInfo())))

    cause = decode(Failure, first + second).cause

    assert cause == Failure(canceled_failure_info=CanceledFailureInfo())


# Text


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"])
def test_text_is_utf8(text):
    """Text that is not UTF-8, overlong forms and surrogates among them, is refused."""
    with pytest.raises(DecodeError, match="not UTF-8"):
        decode(PollActivityTaskQueueResponse, field(ACTIVITY_ID, text))


# Writing


def test_defaults_are_not_written():
    """What is zero, empty or unset takes no bytes; an empty message that is set does."""
    assert encode(PollActivityTaskQueueResponse(activity_id="", attempt=0, header=None)) == b""
    assert encode(PollActivityTaskQueueResponse(header=Header())) == b"\x3a\x00"


@pytest.mark.parametrize("value", [-0.0, math.nan, math.inf, 5e-324])
def test_negative_zero_and_nan_are_written(value):
    """Negative zero and NaN are written, bit for bit."""
    data = encode(DoubleValue(value=value))

    assert data == b"\x09" + struct.pack("<d", value)
    assert struct.pack("<d", decode(DoubleValue, data).value) == struct.pack("<d", value)


@pytest.mark.parametrize("value", [5e-324, -5e-324, 1e-46, 1e-45, -0.0, math.nan])
def test_a_float_that_becomes_zero_is_not_written(value):
    """What becomes zero in 32 bits is not written, as google's runtime has it; negative zero is."""
    assert encode(Priority(fairness_weight=value)) == canonical(google_type(Priority)(fairness_weight=value))


@pytest.mark.parametrize(("value", "expected"), [(1e300, math.inf), (-1e300, -math.inf), (3.4e38, None)])
def test_a_float_too_large_for_32_bits_is_infinite(value, expected):
    """What is too large for 32 bits is infinite, as google's runtime has it."""
    theirs = google_type(Priority)(fairness_weight=value)

    data = encode(Priority(fairness_weight=value))

    assert data == canonical(theirs)
    assert decode(Priority, data).fairness_weight == pytest.approx(expected or value)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            PollActivityTaskQueueResponse(attempt=2**31),
            "PollActivityTaskQueueResponse.attempt: 2147483648 does not fit int32",
        ),
        (Duration(nanos=-(2**31) - 1), "Duration.nanos: -2147483649 does not fit int32"),
        (Duration(seconds=2**63), "Duration.seconds: 9223372036854775808 does not fit int64"),
        (Duration(seconds=1.5), "Duration.seconds: expected int, got float 1.5"),
        (Payload(data="text"), "Payload.data: expected bytes, got str 'text'"),
        (WorkflowExecution(run_id=b"x"), "WorkflowExecution.run_id: expected str, got bytes b'x'"),
        (WorkflowExecution(run_id="\ud800"), "WorkflowExecution.run_id: surrogates not allowed"),
        (WorkerVersionStamp(use_versioning="yes"), "WorkerVersionStamp.use_versioning: expected bool, got str 'yes'"),
        (DoubleValue(value="1"), "DoubleValue.value: expected float, got str '1'"),
        (TimeoutFailureInfo(timeout_type="heartbeat"), "timeout_type: expected int, got str 'heartbeat'"),
        (ShutdownWorkerRequest(task_queue_types=[1, 2**40]), "task_queue_types[1]: 1099511627776 does not fit enum"),
        (Payload(metadata={"k": "v"}), "Payload.metadata['k']: expected bytes, got str 'v'"),
        (Payload(metadata={1: b"v"}), "Payload.metadata key: expected str, got int 1"),
        (Payload(metadata=[("k", b"v")]), "Payload.metadata: expected dict, got list"),
        (Payloads(payloads=[Payload(), None]), "Payloads.payloads[1]: expected Payload, got NoneType None"),
        (Payloads(payloads=5), "Payloads.payloads: expected list, got int 5"),
        (Header(fields={"k": Payloads()}), "Header.fields['k']: expected Payload, got Payloads"),
        (Failure(cause=Failure(cause=Failure(message=7))), "Failure.cause.cause.message: expected str, got int 7"),
        (TaskQueueMetadata(max_tasks_per_second=3.0), "max_tasks_per_second: expected DoubleValue, got float 3.0"),
    ],
)
def test_a_refused_message_names_its_field(message, reason):
    """What a field cannot carry is an EncodeError that says where it is and why."""
    with pytest.raises(EncodeError) as refused:
        encode(message)

    assert reason in str(refused.value)


def test_long_values_are_not_shown_whole():
    """The text of an error stays readable whatever was in the field."""
    with pytest.raises(EncodeError) as refused:
        encode(Payload(data="x" * 100_000))

    assert len(str(refused.value)) < 150


def test_buffers_are_bytes():
    """A bytearray or a memoryview may be where bytes are expected."""
    for data in (bytearray(b"x"), memoryview(b"x")):
        assert encode(Payload(data=data, metadata={"k": b"v"})) == encode(Payload(data=b"x", metadata={"k": b"v"}))


@pytest.mark.parametrize(
    "data",
    [
        memoryview(array("i", [1, -2, 3])),
        memoryview(b"abcdef").cast("B", (2, 3)),
        memoryview(b"abcdef")[::2],
    ],
    ids=["wide", "two dimensions", "steps"],
)
def test_buffers_count_bytes(data):
    """A memoryview is written as its bytes, whatever it is divided into."""
    expected = Payload(data=bytes(data), metadata={"k": bytes(data)})

    assert encode(Payload(data=data, metadata={"k": data})) == encode(expected)


@pytest.mark.parametrize("message", [Payload(data=array("i", [1])), Payload(metadata={"k": array("i", [1])})])
def test_other_buffers_are_refused(message):
    """What only has a buffer is not bytes: its length counts something else."""
    with pytest.raises(EncodeError, match="expected bytes, got array"):
        encode(message)


def test_what_is_read_is_bytes():
    """A message may be read from any buffer; its bytes are bytes."""
    data = encode(Payload(data=b"x", metadata={"k": b"v"}))

    for buffer in (bytearray(data), memoryview(data)):
        message = decode(Payload, buffer)

        assert message == Payload(data=b"x", metadata={"k": b"v"})
        assert type(message.data) is bytes


def test_a_class_without_a_codec_is_a_type_error():
    """A class that has no codec is a TypeError, and not written in some other way."""
    with pytest.raises(TypeError, match="not one of"):
        encode(object())
    with pytest.raises(TypeError, match="not one of"):
        decode(dict, b"")
