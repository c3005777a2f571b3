"""Errors into failures and back."""

from __future__ import annotations

import asyncio
import builtins
import logging
from datetime import timedelta

import pytest
from pydantic import BaseModel, ValidationError

from asyncworker import _wire, exceptions
from asyncworker._proto.temporal.api.common.v1 import ActivityType, Payload, Payloads
from asyncworker._proto.temporal.api.enums import v1 as enums
from asyncworker._proto.temporal.api.failure import v1 as proto
from asyncworker._proto.temporal.wkt import Duration
from asyncworker.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    Failure,
    FailureConverter,
    RawValue,
    create_payload_validation_error,
    ensure_application_failure,
)
from asyncworker.exceptions import ActivityError, ApplicationError, CancelledError, FailureError, ServerError

CONVERTER = DefaultPayloadConverter()
DATA = DataConverter()


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def encode(error: BaseException) -> Failure:
    """What the server would get of *error*."""
    return _wire.decode(Failure, _wire.encode(DATA.encode_failure_nowait(error)))


def chain(failure: Failure | None) -> list[str]:
    messages = []
    while failure is not None:
        messages.append(failure.message)
        failure = failure.cause
    return messages


def details(failure: Failure) -> list[object]:
    return CONVERTER.from_payloads(failure.application_failure_info.details.payloads)


class TestEncoding:
    def test_application_error_becomes_a_failure_with_all_fields(self):
        """All fields of an ApplicationError are in its failure."""
        failure = encode(
            ApplicationError(
                "m",
                1,
                {"a": None},
                type="T",
                non_retryable=True,
                next_retry_delay=1.5,
                category=exceptions.ApplicationErrorCategory.BENIGN,
            )
        )

        info = failure.application_failure_info
        assert (failure.message, failure.source) == ("m", "asyncworker")
        assert (info.type, info.non_retryable, info.category) == ("T", True, 1)
        assert info.next_retry_delay == Duration(seconds=1, nanos=500_000_000)
        assert details(failure) == [1, {"a": None}]

    def test_bare_application_error_becomes_a_failure_with_defaults(self):
        """Unset fields of an ApplicationError stay unset, and its type is not in its message."""
        failure = encode(ApplicationError("m", type="T"))

        info = failure.application_failure_info
        assert failure.message == "m"
        assert (info.details, info.next_retry_delay, info.non_retryable) == (None, None, False)
        assert encode(ApplicationError("m")).application_failure_info.type == ""
        assert encode(ApplicationError("m", next_retry_delay=0)).application_failure_info.next_retry_delay is None

    @pytest.mark.parametrize(
        ("error", "kind", "message"),
        [
            (ValueError("bad"), "ValueError", "bad"),
            (ValueError(), "ValueError", ""),
            (KeyError("k"), "KeyError", "'k'"),
            (builtins.TimeoutError("slow"), "TimeoutError", "slow"),
            (asyncio.CancelledError(), "CancelledError", ""),
            (SystemExit(3), "SystemExit", "3"),
            (KeyboardInterrupt(), "KeyboardInterrupt", ""),
            (FailureError("plain"), "FailureError", "plain"),
            (exceptions.ConverterError("no"), "ConverterError", "no"),
            (exceptions.RPCError("gone", exceptions.RPCStatusCode.NOT_FOUND), "RPCError", "NOT_FOUND: gone"),
        ],
    )
    def test_other_errors_are_named_by_their_class(self, error, kind, message):
        """Any other exception becomes a retryable failure of its class's name."""
        failure = encode(error)

        assert failure.message == message
        assert failure.application_failure_info == proto.ApplicationFailureInfo(type=kind)

    def test_validation_error_of_an_activity_is_retryable(self):
        """A pydantic ValidationError of an activity's own code is an ordinary exception."""

        class Model(BaseModel):
            x: int

        with pytest.raises(ValidationError) as caught:
            Model(x="a")

        failure = encode(caught.value)
        assert failure.application_failure_info == proto.ApplicationFailureInfo(type="ValidationError")
        assert failure.message == str(caught.value)

    def test_failure_has_the_stack_trace(self):
        """The stack trace is the traceback, without the exception's own line."""
        trace = encode(raised(ValueError("bad"))).stack_trace

        assert trace.startswith(f'  File "{__file__}", line ')
        assert "in raised" in trace
        assert "bad" not in trace
        assert encode(ValueError("never raised")).stack_trace == ""

    @pytest.mark.parametrize(
        ("error", "info"),
        [
            (
                exceptions.TimeoutError("t", type=exceptions.TimeoutType.HEARTBEAT, last_heartbeat_details=[1]),
                {
                    "timeout_failure_info": proto.TimeoutFailureInfo(
                        timeout_type=enums.TimeoutType.HEARTBEAT,
                        last_heartbeat_details=Payloads(payloads=CONVERTER.to_payloads([1])),
                    )
                },
            ),
            (
                CancelledError("t", "why"),
                {
                    "canceled_failure_info": proto.CanceledFailureInfo(
                        details=Payloads(payloads=CONVERTER.to_payloads(["why"]))
                    )
                },
            ),
            (exceptions.TerminatedError("t"), {"terminated_failure_info": proto.TerminatedFailureInfo()}),
            (
                ServerError("t", non_retryable=True),
                {"server_failure_info": proto.ServerFailureInfo(non_retryable=True)},
            ),
            (
                ActivityError(
                    "t",
                    scheduled_event_id=1,
                    started_event_id=2,
                    identity="i",
                    activity_type="T",
                    activity_id="a",
                    retry_state=exceptions.RetryState.TIMEOUT,
                ),
                {
                    "activity_failure_info": proto.ActivityFailureInfo(
                        scheduled_event_id=1,
                        started_event_id=2,
                        identity="i",
                        activity_type=ActivityType(name="T"),
                        activity_id="a",
                        retry_state=enums.RetryState.TIMEOUT,
                    )
                },
            ),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
    )
    def test_each_kind_of_error_survives_a_round_trip(self, error, info):
        """Each error with a failure kind of its own is converted to that and back."""
        failure = encode(error)
        back = DATA.decode_failure_nowait(failure)

        assert failure == Failure(message="t", source="asyncworker", **info)
        assert type(back) is type(error)
        mine, theirs = (
            {name: each for name, each in vars(which).items() if not name.startswith("_")} for which in (error, back)
        )
        assert {name: tuple(each) if isinstance(each, list) else each for name, each in mine.items()} == theirs


class TestCauses:
    def test_explicit_cause_is_the_cause(self):
        """The exception that an error was raised from is its cause, at every level."""
        error = ApplicationError("a")
        error.__cause__ = ValueError("b")
        error.__cause__.__cause__ = KeyError("c")

        assert chain(encode(error)) == ["a", "b", "'c'"]

    def test_context_is_a_cause_unless_suppressed(self):
        """What was being handled is the cause, unless `from None` says otherwise."""

        def fail(suppress: bool) -> None:
            try:
                raise KeyError("k")
            except KeyError:
                if suppress:
                    raise ValueError("v") from None
                raise ValueError("v")  # noqa: B904

        with pytest.raises(ValueError) as implicit:
            fail(False)
        with pytest.raises(ValueError) as suppressed:
            fail(True)

        assert chain(encode(implicit.value)) == ["v", "'k'"]
        assert chain(encode(suppressed.value)) == ["v"]

    def test_cycle_of_causes_ends(self):
        """An error in a cycle of causes is converted once."""
        alone, first, second = ValueError("a"), ValueError("b"), ValueError("c")
        alone.__cause__ = alone
        first.__cause__, second.__cause__ = second, first

        assert chain(encode(alone)) == ["a"]
        assert chain(encode(first)) == ["b", "c"]

    def test_long_chain_of_causes_keeps_both_ends(self):
        """Of a chain that is too long the middle is left out, with a note."""
        error: Exception = ValueError("0")
        for number in range(1, 1000):
            outer = ValueError(str(number))
            outer.__cause__ = error
            error = outer

        messages = chain(encode(error))
        assert len(messages) == 20
        assert messages[:2] == ["999", "998"]
        assert messages[-2:] == ["(981 more causes left out)", "0"]

    def test_wrapping_error_does_not_inherit_non_retryability(self):
        """As in the other SDKs the outermost error alone decides whether to retry."""
        error = ValueError("outer")
        error.__cause__ = ApplicationError("inner", non_retryable=True)

        failure = encode(error)
        assert not failure.application_failure_info.non_retryable
        assert failure.cause.application_failure_info.non_retryable


class TestGroups:
    def group(self, *errors: BaseException) -> BaseExceptionGroup:
        return raised(BaseExceptionGroup("both failed", errors))  # type: ignore[return-value]

    def test_group_has_all_its_exceptions(self):
        """A group's failure has all its exceptions: in the message, the details and the stack trace."""
        failure = encode(
            self.group(
                raised(ValueError("a")),
                ExceptionGroup("inner", [ApplicationError("b", type="B"), KeyError("c")]),
            )
        )

        assert failure.message == (
            "both failed (2 sub-exceptions): ValueError: a; "
            "ExceptionGroup: inner (2 sub-exceptions): B: b; KeyError: 'c'"
        )
        assert failure.application_failure_info.type == "ExceptionGroup"
        assert details(failure) == [
            {"type": "ValueError", "message": "a", "non_retryable": False},
            {
                "type": "ExceptionGroup",
                "message": "inner (2 sub-exceptions): B: b; KeyError: 'c'",
                "non_retryable": False,
            },
        ]
        for text in ("ValueError: a", "ApplicationError: B: b", "KeyError: 'c'", "in raised"):
            assert text in failure.stack_trace

    def test_cause_of_a_group_is_its_first_exception(self):
        """The cause of a group's failure is its first exception, with its own causes."""
        first = ValueError("a")
        first.__cause__ = KeyError("k")

        assert chain(encode(self.group(first, ValueError("b"))))[1:] == ["a", "'k'"]

    def test_group_is_non_retryable_if_one_of_its_errors_is(self):
        """A group that has a non-retryable error anywhere in it is not retried."""
        final = ApplicationError("never", non_retryable=True)

        assert encode(self.group(ValueError(), ExceptionGroup("", [final]))).application_failure_info.non_retryable
        assert not encode(self.group(ValueError(), ApplicationError(""))).application_failure_info.non_retryable

    def test_group_has_the_longest_retry_delay_in_it(self):
        """The longest next_retry_delay in a group is that of the group."""
        group = self.group(*[ApplicationError("", next_retry_delay=delay) for delay in (1, 3, None)])

        assert encode(group).application_failure_info.next_retry_delay == Duration(seconds=3)

    def test_group_is_benign_if_all_its_errors_are(self):
        """A group is benign if all its errors are."""
        benign = ApplicationError("", category=exceptions.ApplicationErrorCategory.BENIGN)

        assert encode(self.group(benign, benign)).application_failure_info.category == 1
        assert encode(self.group(benign, ValueError())).application_failure_info.category == 0

    def test_failure_of_a_large_group_is_bounded(self):
        """A thousand failed tasks make a failure that the server accepts."""
        failure = encode(self.group(*[ValueError("x" * 10_000) for _ in range(1000)]))

        assert len(_wire.encode(failure)) < 500_000
        assert failure.message.startswith("both failed (1000 sub-exceptions): ValueError: xxx")

    def test_group_may_have_base_exceptions(self):
        """A group of exceptions that are not errors has its own type."""
        assert encode(self.group(asyncio.CancelledError())).application_failure_info.type == "BaseExceptionGroup"


class BadText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class TestWhateverIsWrong:
    """A failure always goes out."""

    def test_error_whose_str_raises_becomes_a_failure(self):
        """An exception whose __str__ raises is sent with its class's name."""
        failure = encode(raised(BadText()))

        assert failure.message == "<BadText without a text: its __str__ raised RuntimeError>"
        assert failure.application_failure_info.type == "BadText"
        assert "BadText" in encode(ExceptionGroup("g", [BadText()])).message
        assert encode(ApplicationError(BadText())).message.startswith("<BadText without a text")

    def test_text_that_is_not_utf8_becomes_a_failure(self):
        """A lone surrogate, as in a file name, is written as an escape."""
        failure = encode(ApplicationError("x\udce9 é", type="\udc00"))

        assert failure.message == "x\\udce9 é"
        assert failure.application_failure_info.type == "\\udc00"

    def test_long_message_keeps_both_ends(self):
        """Of a text that is too long the middle is left out, with a note."""
        failure = encode(ValueError("a" + "x" * 1_000_000 + "z"))

        assert len(failure.message) < 20_100
        assert failure.message[0] + failure.message[-1] == "az"
        assert "… 980002 characters left out …" in failure.message

    def test_recursion_error_becomes_a_failure(self):
        """The stack of a RecursionError is short enough to send."""

        def recurse(depth: int) -> None:
            recurse(depth + 1)

        with pytest.raises(RecursionError) as caught:
            recurse(0)

        assert len(encode(caught.value).stack_trace) < 20_100

    def test_detail_that_cannot_be_written_is_replaced_by_a_note(self):
        """A detail that no converter takes is replaced by a text that says so; the others stay."""
        first, second, third = details(encode(ApplicationError("m", 1, object(), "c")))

        assert (first, third) == (1, "c")
        assert second.startswith("<a detail of type object could not be sent: a value of type object cannot be written")

    def test_error_with_odd_attributes_becomes_a_failure(self):
        """Attributes of wrong types are converted as far as possible."""
        error = ApplicationError(404, type=str)
        error.category = None
        failure = encode(error)

        assert (failure.message, failure.application_failure_info.type) == ("404", "<class 'str'>")
        assert encode(exceptions.TimeoutError(type=None)).timeout_failure_info is not None

    def test_failure_is_made_although_the_converter_raises(self, caplog):
        """A user's failure converter that raises costs the message, not the failure."""

        class Broken(FailureConverter):
            def to_failure(self, exception, payload_converter):
                raise LookupError("broken")

            def from_failure(self, failure, payload_converter):
                raise NotImplementedError

        failure = DataConverter(failure_converter=Broken()).encode_failure_nowait(ValueError("bad"))

        assert failure.application_failure_info.type == "ValueError"
        assert failure.message == "ValueError, which could not be converted to a failure (LookupError)"
        assert caplog.records[0].levelno == logging.WARNING


class TestDecoding:
    def test_application_error_is_read_with_all_fields(self):
        """A failure of another worker becomes an error with all its fields and its stack trace."""
        failure = encode(ApplicationError("m", 1, type="T", non_retryable=True, next_retry_delay=2))
        failure.stack_trace = "there"
        error = DATA.decode_failure_nowait(failure)

        assert isinstance(error, ApplicationError)
        assert (error.message, error.details, error.type, error.non_retryable) == ("m", (1,), "T", True)
        assert error.next_retry_delay == timedelta(seconds=2)
        assert (error.failure, error.stack_trace) == (failure, "there")

    def test_causes_are_read(self):
        """Causes are read as each error's cause."""
        error = ValueError("outer")
        error.__cause__ = CancelledError("inner")
        back = DATA.decode_failure_nowait(encode(error))

        assert (type(back), back.type, type(back.cause)) == (ApplicationError, "ValueError", CancelledError)
        assert back.cause.cause is None

    @pytest.mark.parametrize(
        "info",
        [
            {},
            {"reset_workflow_failure_info": proto.ResetWorkflowFailureInfo()},
            {"child_workflow_execution_failure_info": proto.ChildWorkflowExecutionFailureInfo(namespace="n")},
            {"nexus_operation_execution_failure_info": proto.NexusOperationFailureInfo(endpoint="e")},
            {"nexus_handler_failure_info": proto.NexusHandlerFailureInfo(type="t")},
        ],
    )
    def test_failures_of_other_kinds_are_read(self, info):
        """Failures of unknown kinds are plain failure errors, which keep the original message."""
        failure = Failure(message="m", **info)
        error = DATA.decode_failure_nowait(failure)

        assert (type(error), error.message, error.failure) == (FailureError, "m", failure)

    def test_unknown_enum_values_are_unspecified(self):
        """Unknown enum values are "unspecified"; a negative delay is ignored."""
        error = DATA.decode_failure_nowait(
            Failure(
                application_failure_info=proto.ApplicationFailureInfo(
                    category=enums.ApplicationErrorCategory(77), next_retry_delay=Duration(seconds=-1)
                )
            )
        )
        timeout = DATA.decode_failure_nowait(
            Failure(timeout_failure_info=proto.TimeoutFailureInfo(timeout_type=enums.TimeoutType(77)))
        )

        assert (error.category, error.next_retry_delay, error.message, error.type) == (0, None, "", None)
        assert timeout.type is exceptions.TimeoutType.UNSPECIFIED

    def test_detail_that_cannot_be_read_is_a_raw_value(self):
        """A detail of an unknown encoding stays raw instead of costing the error."""
        strange = Payload(metadata={"encoding": b"my/own"}, data=b"x")
        info = proto.ApplicationFailureInfo(details=Payloads(payloads=[strange, *CONVERTER.to_payloads([1])]))

        assert DATA.decode_failure_nowait(Failure(application_failure_info=info)).details == (RawValue(strange), 1)

    @pytest.mark.parametrize("data", [b"{", b"1", b'{"message":1}', b"{}"])
    def test_encoded_attributes_that_cannot_be_read_leave_the_failure_as_it_is(self, data):
        """A failure whose encoded attributes cannot be read is converted without them."""
        attributes = Payload(metadata={"encoding": b"json/plain"}, data=data)
        error = DATA.decode_failure_nowait(Failure(message="Encoded failure", encoded_attributes=attributes))

        assert (error.message, error.stack_trace) == ("Encoded failure", None)

    def test_reading_does_not_change_the_failure(self):
        """A failure is not changed by reading it."""
        converter = DataConverter(failure_converter=DefaultFailureConverterWithEncodedAttributes())
        error = ValueError("outer")
        error.__cause__ = ValueError("inner")
        failure = converter.encode_failure_nowait(error)
        before = _wire.encode(failure)

        assert DATA.decode_failure_nowait(failure).cause.message == "inner"
        assert _wire.encode(failure) == before


class TestComingAndGoing:
    def test_received_error_is_sent_unchanged(self):
        """A received error is sent as the same failure, with its source, stack trace and unknown fields."""
        came = (
            _wire.encode(
                Failure(
                    message="m",
                    source="GoSDK",
                    stack_trace="there",
                    cause=Failure(message="c", source="GoSDK"),
                    nexus_operation_execution_failure_info=proto.NexusOperationFailureInfo(endpoint="e"),
                )
            )
            + b"\xc2\x3e\x01x"
        )
        error = DATA.decode_failure_nowait(_wire.decode(Failure, came))
        failure = DATA.encode_failure_nowait(raised(error))

        assert sorted(_wire.encode(failure)) == sorted(came)

    def test_received_error_is_sent_unchanged_as_a_cause(self):
        """An error that was read keeps its own causes under a new error."""
        first = ValueError("a")
        first.__cause__ = ValueError("b")
        outer = ApplicationError("outer")
        outer.__cause__ = DATA.decode_failure_nowait(encode(first))

        assert chain(encode(outer)) == ["outer", "a", "b"]

    def test_encoding_attributes_does_not_change_the_received_error(self):
        """Encoding the attributes of a received error's failure does not change the error."""
        error = DATA.decode_failure_nowait(encode(ValueError("a")))
        hidden = DataConverter(failure_converter=DefaultFailureConverterWithEncodedAttributes())

        assert hidden.encode_failure_nowait(error).message == "Encoded failure"
        assert error.failure.message == "a"


class Refused(Exception):
    pass


class Mapping(DefaultFailureConverter):
    def failure_of(self, exception, payload_converter):
        if isinstance(exception, Refused):
            exception = ApplicationError("refused", type="Refused", non_retryable=True)
        return super().failure_of(exception, payload_converter)


def test_overridden_failure_of_is_used_for_causes_too():
    """A subclass can convert an exception in its own way, anywhere in the chain."""
    converter = DataConverter(failure_converter=Mapping())
    error = ValueError("outer")
    error.__cause__ = Refused()
    failure = converter.encode_failure_nowait(error)

    assert chain(failure) == ["outer", "refused"]
    assert failure.cause.application_failure_info.non_retryable
    assert repr(Mapping()) == "Mapping(encode_common_attributes=False)"


class Replacing(DefaultFailureConverter):
    def failure_of(self, exception, payload_converter):
        failure = super().failure_of(exception, payload_converter)
        if isinstance(exception, Refused):
            failure.cause = proto.Failure(message="the real reason")
        return failure


def test_cause_that_an_override_has_set_is_kept():
    """A failure that came from elsewhere has its own causes, which Python's do not replace."""
    error = Refused("outer")
    error.__cause__ = ValueError("ours")

    failure = DataConverter(failure_converter=Replacing()).encode_failure_nowait(error)
    assert chain(failure) == ["outer", "the real reason"]


class TestWhatTheServerTakes:
    """RespondActivityTaskFailed refuses whatever is not an application failure."""

    def test_application_failure_is_not_wrapped(self):
        """A failure that the server accepts is not wrapped."""
        failure = encode(ValueError())

        assert ensure_application_failure(failure) is failure

    @pytest.mark.parametrize(
        ("failure", "kind", "non_retryable"),
        [
            (encode(exceptions.TimeoutError("m")), "TimeoutError", False),
            (encode(CancelledError("m")), "CancelledError", False),
            (encode(exceptions.TerminatedError("m")), "TerminatedError", False),
            (encode(ServerError("m")), "ServerError", False),
            (encode(ServerError("m", non_retryable=True)), "ServerError", True),
            (encode(ActivityError("m")), "ActivityError", False),
            (Failure(message="m"), "FailureError", False),
            (
                Failure(
                    message="m",
                    nexus_handler_failure_info=proto.NexusHandlerFailureInfo(
                        retry_behavior=enums.NexusHandlerErrorRetryBehavior.NON_RETRYABLE
                    ),
                ),
                "NexusHandlerError",
                True,
            ),
        ],
    )
    def test_other_failures_are_wrapped_in_an_application_failure(self, failure, kind, non_retryable):
        """Any other failure becomes the cause of one, which keeps message, type and non-retryability."""
        wrapped = ensure_application_failure(failure)

        assert wrapped.cause is failure
        assert wrapped.message == "m"
        assert wrapped.application_failure_info == proto.ApplicationFailureInfo(type=kind, non_retryable=non_retryable)


def test_payload_validation_error_is_non_retryable():
    """The error for bad arguments is that of other SDKs."""
    error = create_payload_validation_error({"order": "missing"}, message="bad arguments")

    assert (error.message, error.type, error.non_retryable) == ("bad arguments", "PayloadValidationError", True)
    assert error.details == ({"order": "missing"},)
    assert (create_payload_validation_error().message, create_payload_validation_error().details) == (
        "Payload validation failed",
        (),
    )


class TestNotes:
    """Notes that were added to an exception are where its traceback is."""

    def test_notes_follow_the_stack_trace(self):
        """The message is what the exception says; the stack trace ends with the notes, as Python prints them."""
        error = raised(ValueError("no box"))
        error.add_note("while packing order 7")
        error.add_note("of two\nlines")
        failure = encode(error)

        assert failure.message == "no box"
        assert failure.stack_trace.endswith("raise error\nwhile packing order 7\nof two\nlines\n")

    @pytest.mark.parametrize("error", [ApplicationError("m"), CancelledError("m"), KeyError("m")])
    def test_notes_of_any_error_are_sent(self, error):
        """Notes are sent for errors of every kind, raised or not."""
        error.add_note("a note")

        assert encode(error).stack_trace == "a note\n"

    def test_notes_of_causes_and_group_members_are_sent(self):
        """A cause has its own notes, and a group those of all its exceptions."""
        cause = ValueError("cause")
        cause.add_note("a note of the cause")
        error = RuntimeError("outer")
        error.__cause__ = cause
        group = ExceptionGroup("all", [cause])
        group.add_note("a note of the group")

        assert encode(error).cause.stack_trace == "a note of the cause\n"
        assert "a note of the cause" in encode(group).stack_trace
        assert "a note of the group" in encode(group).stack_trace

    @pytest.mark.parametrize("encoded", [False, True])
    def test_notes_added_to_a_received_error_are_sent(self, encoded):
        """A received error is sent with the notes that were added since."""
        converter = DataConverter(failure_converter=DefaultFailureConverter(encode_common_attributes=encoded))
        received = converter.encode_failure_nowait(raised(ApplicationError("m", type="T")))
        error = converter.decode_failure_nowait(received)
        error.add_note("seen at the gate")
        again = converter.decode_failure_nowait(converter.encode_failure_nowait(error))

        assert again.stack_trace.endswith("seen at the gate\n")
        assert (again.message, again.type) == ("m", "T")
        assert received == error.failure
        if encoded:
            assert "gate" not in converter.encode_failure_nowait(error).stack_trace

    def test_notes_that_cannot_be_encoded_leave_the_failure_as_it_came(self):
        """Where the stack trace of a received failure cannot be read, there is no place for notes to it."""
        converter = DataConverter(failure_converter=DefaultFailureConverter(encode_common_attributes=True))
        received = converter.encode_failure_nowait(raised(ApplicationError("m", type="T")))
        received.encoded_attributes.metadata["encoding"] = b"binary/unknown"
        error = converter.decode_failure_nowait(received)
        error.add_note("seen at the gate")

        assert converter.encode_failure_nowait(error) == received

    def test_encoded_attributes_have_the_notes(self):
        """Where the stack trace is encoded, so are they."""
        error = ValueError("m")
        error.add_note("a secret")
        failure = DefaultFailureConverterWithEncodedAttributes().to_failure(error, CONVERTER)

        assert failure.stack_trace == ""
        assert "a secret" in failure.encoded_attributes.data.decode()

    @pytest.mark.parametrize("notes", [None, "text", 7, [7, None], (object(),), [raised(ValueError("\ud800"))]])
    def test_odd_notes_do_not_prevent_the_failure(self, notes):
        """A `__notes__` of any type does not prevent the failure."""
        error = ValueError("m")
        error.__notes__ = notes

        assert encode(error).message == "m"

    def test_long_notes_are_shortened(self):
        """Long notes are shortened as texts are."""
        error = ValueError("m")
        for _ in range(50):
            error.add_note("x" * 50_000)

        assert len(encode(error).stack_trace) < 21_000
