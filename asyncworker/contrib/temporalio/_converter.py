"""Convert with a data converter of temporalio's: payloads and failures pass between the two SDKs as their bytes.

Each of its parts, the payload converter, the codec with the external storage, and the failure converter, takes the
place of the part of the same name in a :class:`~asyncworker.converter.DataConverter`. So everything that a worker
converts for an activity (arguments, result, heartbeat details, failures) is converted as temporalio's worker would.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

import temporalio.api.common.v1
import temporalio.api.failure.v1
import temporalio.common
import temporalio.converter

from ... import _wire
from ...common import RawValue
from ...converter import (
    ActivitySerializationContext,
    DataConverter,
    Failure,
    FailureConverter,
    Payload,
    PayloadCodec,
    PayloadConverter,
    SerializationContext,
    Signature,
)
from ...converter._stored import refuse_stored
from ...exceptions import ApplicationError
from ...worker.attempts._invoke import from_activity_on
from ._errors import to_theirs
from ._supported import known_fields

__all__ = ["BridgedDataConverter", "BridgedSignature"]


def _to_ours(payload: Any) -> Payload:
    return _wire.decode(Payload, payload.SerializeToString())


def _to_theirs(payload: Payload) -> Any:
    return temporalio.api.common.v1.Payload.FromString(_wire.encode(payload))


class BridgedDataConverter(DataConverter):
    """A data converter of temporalio's as one of asyncworker's.

    Attributes:
        theirs: The data converter of temporalio's.
    """

    theirs: temporalio.converter.DataConverter

    def __init__(self, theirs: temporalio.converter.DataConverter) -> None:
        has_codec = theirs.payload_codec is not None or getattr(theirs, "external_storage", None) is not None
        super().__init__(
            payload_converter=_BridgedPayloadConverter(theirs.payload_converter),
            payload_codec=_BridgedCodec(theirs) if has_codec else None,
            failure_converter=_BridgedFailureConverter(theirs),
        )
        # The dataclass is frozen.
        object.__setattr__(self, "theirs", theirs)
        object.__setattr__(self, "takes_context", _may_take_context(theirs))

    def __repr__(self) -> str:
        return f"<BridgedDataConverter of {self.theirs!r}>"

    def with_context(self, context: SerializationContext) -> BridgedDataConverter:
        """Return a converter whose parts are bound to *context*, or ``self`` if none depends on it."""
        bound = _bound(self.theirs, context)
        return self if bound is self.theirs else BridgedDataConverter(bound)


def _may_take_context(theirs: Any) -> bool:
    """Whether a part may depend on the activity; the default ones do not, and are spared being asked each time."""
    if not hasattr(theirs, "with_context"):
        return False
    defaults = temporalio.converter.DataConverter.default
    return (
        theirs.payload_converter_class is not defaults.payload_converter_class
        or theirs.failure_converter_class is not defaults.failure_converter_class
        or theirs.payload_codec is not None
        or getattr(theirs, "external_storage", None) is not None
    )


def _bound(theirs: Any, context: SerializationContext) -> Any:
    if not isinstance(context, ActivitySerializationContext):
        return theirs
    kind: Any = temporalio.converter.ActivitySerializationContext
    values = {name: getattr(context, name) for name in ActivitySerializationContext.__dataclass_fields__}
    # As in temporalio's worker: the id of a workflow that there is none of is empty.
    values["workflow_id"], values["workflow_type"] = context.workflow_id or "", context.workflow_type or ""
    their_context = kind(**known_fields(kind, values))
    if getattr(theirs, "external_storage", None) is not None:
        return theirs._with_contexts(their_context, _store_context(context))
    return theirs.with_context(their_context)


def _store_context(context: ActivitySerializationContext) -> Any:
    """Name to a storage driver what the payloads belong to: to the workflow, or to a standalone activity."""
    converter: Any = temporalio.converter
    if context.workflow_id is not None:
        target = converter.StorageDriverWorkflowInfo(
            id=context.workflow_id,
            type=context.workflow_type,
            run_id=context.workflow_run_id,
            namespace=context.namespace,
        )
    else:
        target = converter.StorageDriverActivityInfo(
            id=context.activity_id,
            type=context.activity_type,
            run_id=context.activity_run_id,
            namespace=context.namespace,
        )
    return converter.StorageDriverStoreContext(target=target)


class _BridgedPayloadConverter(PayloadConverter):
    """A payload converter of temporalio's."""

    def __init__(self, theirs: temporalio.converter.PayloadConverter) -> None:
        self.theirs = theirs

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        raw = temporalio.common.RawValue
        given = [raw(_to_theirs(each.payload)) if type(each) is RawValue else each for each in values]
        return [_to_ours(payload) for payload in self.theirs.to_payloads(given)]

    def from_payloads(self, payloads: Sequence[Payload], type_hints: Sequence[Any] | None = None) -> list[Any]:
        return self.theirs.from_payloads(
            [_to_theirs(payload) for payload in payloads], None if type_hints is None else list(type_hints)
        )

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        if type_hint is not None and type_hint is not Any:
            return self.from_payloads([payload], [type_hint])[0]
        try:
            return self.from_payloads([payload])[0]
        except Exception as error:
            # Only the details of an earlier attempt's heartbeat are read without a type.
            raise ApplicationError("Failed decoding heartbeat details", non_retryable=True) from error


class _Untouched(temporalio.converter.PayloadConverter):
    """Leaves payloads as they are, so that a data converter does no more than its codec and its storage."""

    def to_payloads(self, values: Sequence[Any]) -> Any:
        return list(values)

    def from_payloads(self, payloads: Sequence[Any], type_hints: Any = None) -> Any:
        del type_hints
        return list(payloads)


class _BridgedCodec(PayloadCodec):
    """The codec and the external storage of a data converter of temporalio's."""

    def __init__(self, theirs: temporalio.converter.DataConverter) -> None:
        self._theirs = dataclasses.replace(theirs, payload_converter_class=_Untouched)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [_to_ours(each) for each in await self._theirs.encode([_to_theirs(payload) for payload in payloads])]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [_to_ours(each) for each in await self._theirs.decode([_to_theirs(payload) for payload in payloads])]


class _BridgedFailureConverter(FailureConverter):
    """A failure converter of temporalio's."""

    def __init__(self, theirs: temporalio.converter.DataConverter) -> None:
        self._converter = theirs.failure_converter
        self._payload_converter = theirs.payload_converter

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter) -> Failure:
        del payload_converter
        error = to_theirs(exception)
        failure = temporalio.api.failure.v1.Failure()
        trace = error.__traceback__
        # By the base class's: an exception may refuse to have attributes set, as a frozen dataclass does.
        BaseException.with_traceback(error, from_activity_on(trace, *_own_files()))
        try:
            self._converter.to_failure(error, self._payload_converter, failure)
        finally:
            BaseException.with_traceback(error, trace)
        return _wire.decode(Failure, failure.SerializeToString())

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        del payload_converter
        given = temporalio.api.failure.v1.Failure.FromString(_wire.encode(failure))
        return self._converter.from_failure(given, self._payload_converter)


@cache
def _own_files() -> tuple[str, ...]:
    """Name the modules of the bridge that are between the worker and the activity, which a stack trace leaves out."""
    from . import _calls, _threads

    return str(_calls.__file__), str(_threads.__file__)


class BridgedSignature(Signature):
    """The parameters of an activity of temporalio's, by that SDK's rules.

    The types of the parameters count only where there are as many arguments; a dynamic activity gets its arguments
    as raw values.

    Args:
        name: Of the activity, or ``None`` for a dynamic one.
        hints: The types of its parameters, if all are annotated.
    """

    __slots__ = ("_hints", "_is_dynamic")

    def __init__(self, name: str | None, hints: Sequence[Any] | None) -> None:
        self.name = name or "(dynamic)"
        self.parameters = ()
        self.injected = {}
        self.rest = None
        self.result_hint = None
        self._hints = hints
        self._is_dynamic = name is None

    def prepare(self, payload_converter: PayloadConverter) -> None:
        """Do nothing: what their converter needs for a type is its own."""

    def decode_arguments(self, payloads: Sequence[Payload], payload_converter: PayloadConverter) -> list[Any]:
        """Convert payloads to the function's arguments.

        Raises:
            StoredElsewhereError: A payload is a reference to external storage, and there is none to read it from.
            ApplicationError: They cannot be converted; retrying may help, as in temporalio.
        """
        refuse_stored(payloads)
        hints = self._hints
        if self._is_dynamic:
            hints = [temporalio.common.RawValue] * len(payloads)
        elif hints is not None and len(hints) != len(payloads):
            hints = None
        try:
            values = payload_converter.from_payloads(payloads, hints) if payloads else []
        except Exception as error:
            raise ApplicationError("Failed decoding arguments") from error
        return [values] if self._is_dynamic else values

    def encode_result(self, value: Any, payload_converter: PayloadConverter) -> Payload:
        """Convert a result."""
        (payload,) = payload_converter.to_payloads([value])
        return payload
