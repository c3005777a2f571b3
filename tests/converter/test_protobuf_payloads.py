"""Messages of google's protobuf runtime into payloads and back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest
from google.protobuf import descriptor_pb2, struct_pb2, wrappers_pb2

from asyncworker.converter import (
    BinaryNullPayloadConverter,
    BinaryProtoPayloadConverter,
    CompositePayloadConverter,
    DefaultPayloadConverter,
    JSONProtoPayloadConverter,
    Payload,
    Signature,
)
from asyncworker.exceptions import ConverterError

FIELD = descriptor_pb2.FieldDescriptorProto(name="n", number=3)
FIELD_JSON = b'{"name":"n","number":3}'
NAME = b"google.protobuf.FieldDescriptorProto"
BINARY = CompositePayloadConverter(BinaryNullPayloadConverter(), BinaryProtoPayloadConverter())


def payload(encoding: str, data: bytes, name: bytes = NAME) -> Payload:
    return Payload(metadata={"encoding": encoding.encode(), **({"messageType": name} if name else {})}, data=data)


@pytest.fixture(scope="module")
def converter() -> DefaultPayloadConverter:
    return DefaultPayloadConverter()


def test_message_is_written_as_json(converter):
    """A message goes out as compact JSON with its full name, as from the other SDKs."""
    assert converter.to_payload(FIELD) == payload("json/protobuf", FIELD_JSON)


def test_message_is_written_as_binary_where_that_comes_first():
    """A chain without json/protobuf writes the binary form."""
    assert BINARY.to_payload(FIELD) == payload("binary/protobuf", FIELD.SerializeToString())
    with pytest.raises(ConverterError, match="no converter"):
        BINARY.to_payload("not a message")


@pytest.mark.parametrize("hint", [None, object, descriptor_pb2.FieldDescriptorProto])
@pytest.mark.parametrize("encoding", ["json/protobuf", "binary/protobuf"])
def test_message_is_read(converter, encoding, hint):
    """A message is read as the class that is asked for, or as the one that it names."""
    data = FIELD_JSON if encoding.startswith("json") else FIELD.SerializeToString()

    assert converter.from_payload(payload(encoding, data), hint) == FIELD


@pytest.mark.parametrize("encoding", ["json/protobuf", "binary/protobuf"])
def test_message_without_a_name_is_refused_without_a_type(converter, encoding):
    """A payload that does not name its message is read as the class that is asked for, and not without one."""
    data = FIELD_JSON if encoding.startswith("json") else FIELD.SerializeToString()

    assert converter.from_payload(payload(encoding, data, b""), descriptor_pb2.FieldDescriptorProto) == FIELD
    with pytest.raises(ConverterError, match=r"message type '' is unknown"):
        converter.from_payload(payload(encoding, data, b""))


@pytest.mark.parametrize("encoding", ["json/protobuf", "binary/protobuf"])
def test_another_message_is_refused(converter, encoding):
    """A message of another name than that of the class asked for is refused, and so is an unknown one."""
    with pytest.raises(
        ConverterError, match=r"expected google.protobuf.BoolValue: the payload is a google.protobuf.Fi"
    ):
        converter.from_payload(payload(encoding, b"{}"), wrappers_pb2.BoolValue)
    with pytest.raises(ConverterError, match=r"message type 'acme.Order' is unknown: import the module"):
        converter.from_payload(payload(encoding, b"{}", b"acme.Order"))


@pytest.mark.parametrize(
    "damaged",
    [
        payload("json/protobuf", b'{"nope":1}'),
        payload("json/protobuf", b"\xff"),
        payload("binary/protobuf", b"\x0a\x05"),
    ],
)
def test_damaged_message_is_refused(converter, damaged):
    """Bytes that are not the message are refused with its name."""
    with pytest.raises(ConverterError, match=r"expected google.protobuf.FieldDescriptorProto"):
        converter.from_payload(damaged)


def test_values_of_a_damaged_message_are_not_repeated(converter):
    """What is wrong with a message is said without its values."""
    with pytest.raises(ConverterError) as caught:
        converter.from_payload(payload("json/protobuf", b'{"number":"s3cret"}'))

    assert str(caught.value) == "expected google.protobuf.FieldDescriptorProto: Failed to parse number field"
    assert caught.value.__suppress_context__


def test_unknown_fields_can_be_ignored():
    """Fields that this version of a message lacks are skipped on request."""
    lenient = CompositePayloadConverter(JSONProtoPayloadConverter(ignore_unknown_fields=True))

    assert lenient.from_payload(payload("json/protobuf", b'{"name":"n","number":3,"new":1}')) == FIELD


def test_json_message_is_read_as_another_type(converter):
    """A message in JSON can be read as a dataclass or a dict: a Go workflow may send one to either."""

    @dataclass
    class Field:
        name: str
        number: int

    data = payload("json/protobuf", FIELD_JSON)

    assert converter.from_payload(data, Field) == Field("n", 3)
    assert converter.from_payload(data, dict) == {"name": "n", "number": 3}
    with pytest.raises(ConverterError, match="expected int"):
        converter.from_payload(data, int)
    with pytest.raises(ConverterError, match="expected dict: the payload is a binary protobuf message"):
        converter.from_payload(payload("binary/protobuf", b""), dict)


def test_plain_json_is_not_read_as_a_message(converter):
    """Plain JSON is not taken for a message."""
    with pytest.raises(ConverterError, match="expected Struct"):
        converter.from_payload(converter.to_payload({"a": 1}), struct_pb2.Struct)


def test_message_parameters_are_read(converter):
    """A function's parameter may be a message, or an optional one."""

    def activity(a: struct_pb2.Struct, b: struct_pb2.Struct | None = None) -> None: ...

    signature = Signature(activity)
    signature.prepare(converter)
    struct = struct_pb2.Struct()
    struct.update({"x": 1})

    assert signature.decode_arguments(converter.to_payloads([struct, struct]), converter) == [struct, struct]
    assert signature.decode_arguments(converter.to_payloads([struct, None]), converter) == [struct, None]
    with pytest.raises(ConverterError, match="a: expected Struct"):
        signature.decode_arguments(converter.to_payloads([None]), converter)


@pytest.mark.process
def test_runtime_is_not_imported_before_it_is_needed():
    """Without protobuf messages google's runtime is not imported, and need not be installed."""
    program = """
import sys
sys.modules["google"] = None
from asyncworker.converter import DefaultPayloadConverter, Payload
from asyncworker.exceptions import ConverterError
converter = DefaultPayloadConverter()
assert converter.from_payloads(converter.to_payloads([None, b"x", {"a": 1}])) == [None, b"x", {"a": 1}]
try:
    converter.from_payload(Payload(metadata={"encoding": b"json/protobuf", "messageType": b"a.B"}, data=b"{}"))
except ConverterError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "a protobuf payload needs the 'protobuf' extra of temporal-asyncworker"
