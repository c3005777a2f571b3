"""Which payloads are stored, and the step of the data converter that stores and retrieves them."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias

from ..._proto.temporal.api.common.v1 import Payload
from ..._user_code import ends_the_task
from ...exceptions import ConverterError, StorageError
from .._codec import PayloadCodec
from .._context import ActivitySerializationContext, SerializationContext, WithSerializationContext
from .._size import payload_size
from .._stored import DRIVER_NOTE, StoredElsewhereError, is_stored_elsewhere
from ._driver import (
    StorageDriver,
    StorageDriverActivityInfo,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverSelectContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
    Target,
)
from ._reference import read_reference, size_by, write_reference

__all__ = ["ExternalStorage", "Operation", "StorageCodec", "StorageWatch"]

DriverSelector = Callable[[StorageDriverSelectContext, Payload], StorageDriver | None]
Operation: TypeAlias = Literal["store", "retrieve"]
#: Called before a driver is, with what it is to do and its name; returns what is called afterwards, with the sizes of
#: the payloads in bytes, and the error if there was one.
StorageWatch: TypeAlias = Callable[[Operation, str], Callable[[Sequence[int], BaseException | None], None]]


@dataclass(frozen=True)
class ExternalStorage(WithSerializationContext):
    """Keep large payloads elsewhere: arguments, results, heartbeat details and the details of failures.

    It is the outermost step of a data converter: a payload is stored as the codec made it, and is retrieved before the
    codec decodes it.

    Attributes:
        drivers: The drivers that store and retrieve. A reference names the driver that retrieves it.
        driver_selector: Called with the context and a payload of at least the threshold, returns the driver that
            stores it, or ``None`` to send it inline. It is needed with more than one driver.
        payload_size_threshold: The size in bytes, of the payload with its metadata, from which one is stored: 256 KiB.

    Raises:
        ValueError: There is no driver, two have the same name, there are several without a selector, or the threshold
            is negative.
        TypeError: One of the drivers is no :class:`StorageDriver`.
    """

    drivers: Sequence[StorageDriver]
    driver_selector: DriverSelector | None = None
    payload_size_threshold: int = 256 * 1024
    _by_name: dict[str, StorageDriver] = field(init=False, repr=False, compare=False)
    _target: Target | None = field(init=False, repr=False, compare=False, default=None)
    _watch: StorageWatch | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        by_name: dict[str, StorageDriver] = {}
        for driver in self.drivers:
            if not isinstance(driver, StorageDriver):
                raise TypeError(f"expected a StorageDriver instance, got {driver!r}")
            if driver.name() in by_name:
                raise ValueError(f"two drivers are named {driver.name()!r}: give one another name")
            by_name[driver.name()] = driver
        if not by_name:
            raise ValueError("drivers must have at least one driver")
        if len(by_name) > 1 and self.driver_selector is None:
            raise ValueError("driver_selector is needed with more than one driver: it chooses which of them stores")
        if self.payload_size_threshold < 0:
            raise ValueError(f"payload_size_threshold must not be negative, got {self.payload_size_threshold!r}")
        object.__setattr__(self, "_by_name", by_name)

    def with_context(self, context: SerializationContext) -> Self:
        """Return a copy that stores for the execution of *context*."""
        bound = copy.copy(self)
        object.__setattr__(bound, "_target", _target_of(context))
        return bound

    def watched(self, watch: StorageWatch) -> Self:
        """Return a copy whose use *watch* is called with."""
        bound = copy.copy(self)
        object.__setattr__(bound, "_watch", watch)
        return bound

    @property
    def watch(self) -> StorageWatch | None:
        """What is called with each use."""
        return self._watch

    @property
    def target(self) -> Target | None:
        """The execution that payloads are stored for, if it is known."""
        return self._target

    def driver_to_store(self, payload: Payload) -> StorageDriver | None:
        """Return the driver that stores *payload*, or ``None`` if it is sent inline.

        Raises:
            ValueError: The selector returned a driver that is not among *drivers*.
        """
        if payload_size(payload) < self.payload_size_threshold:
            return None
        if self.driver_selector is None:
            return self.drivers[0]
        driver = self.driver_selector(StorageDriverSelectContext(self._target), payload)
        if driver is not None and self._by_name.get(driver.name()) is not driver:
            raise ValueError(f"driver_selector returned {driver!r}, which is not one of the drivers")
        return driver

    def driver_of(self, name: str) -> StorageDriver:
        """Return the driver that a reference names.

        Raises:
            StoredElsewhereError: It is not among *drivers*.
        """
        driver = self._by_name.get(name)
        if driver is None:
            raise StoredElsewhereError(
                f"[TMPRL1105] the payload is kept by the storage driver {name[:100]!r}, which this data converter does"
                f" not have; it has {sorted(self._by_name)}: add the driver to ExternalStorage(drivers=[…])"
            )
        return driver


class StorageCodec(PayloadCodec):
    """The step that stores and retrieves, in the place of the outermost codec."""

    def __init__(self, storage: ExternalStorage) -> None:
        self._storage = storage

    def __repr__(self) -> str:
        return f"StorageCodec({self._storage!r})"

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Store what is large, and return references in its place.

        Raises:
            StorageError: A driver failed. It is retryable.
            ConverterError: A driver refused a payload.
        """
        chosen = [self._storage.driver_to_store(payload) for payload in payloads]
        found = list(payloads)
        context = StorageDriverStoreContext(self._storage.target)
        for driver, indexes in _by_driver(chosen):
            large = [payloads[index] for index in indexes]
            sizes = [payload_size(payload) for payload in large]
            claims = await self._use(driver, "store", driver.store(context, large), sizes)
            for index, claim, size in zip(indexes, claims, sizes, strict=True):
                found[index] = write_reference(driver.name(), claim, size)
        return found

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Retrieve what is kept elsewhere, and return the other payloads as they are.

        Raises:
            StoredElsewhereError: A reference names a driver that is not there. It is retryable.
            StorageError: A driver failed. It is retryable.
            ConverterError: A reference is damaged, or a driver refused it.
        """
        found = list(payloads)
        claims: list[StorageDriverClaim | None] = [None] * len(found)
        chosen: list[StorageDriver | None] = [None] * len(found)
        for index, payload in enumerate(payloads):
            if is_stored_elsewhere(payload):
                name, claims[index] = read_reference(payload)
                chosen[index] = self._storage.driver_of(name)
        context = StorageDriverRetrieveContext()
        for driver, indexes in _by_driver(chosen):
            wanted = [claim for index in indexes if (claim := claims[index]) is not None]
            sizes = [size_by(payloads[index]) for index in indexes]
            retrieved = await self._use(driver, "retrieve", driver.retrieve(context, wanted), sizes)
            for index, payload in zip(indexes, retrieved, strict=True):
                found[index] = payload
        return found

    async def _use(
        self, driver: StorageDriver, operation: Operation, work: Awaitable[Sequence[Any]], sizes: Sequence[int]
    ) -> list[Any]:
        """Await a driver's answer for payloads of these sizes."""
        watch = self._storage.watch
        if watch is None:
            return await _guard(driver, operation, work, len(sizes))
        end = watch(operation, driver.name())
        error: BaseException | None = None
        try:
            return await _guard(driver, operation, work, len(sizes))
        except BaseException as problem:
            error = problem
            raise
        finally:
            end(sizes, error)
            # Its traceback holds this frame.
            del error


def _by_driver(chosen: Iterable[StorageDriver | None]) -> Iterable[tuple[StorageDriver, list[int]]]:
    groups: dict[int, tuple[StorageDriver, list[int]]] = {}
    for index, driver in enumerate(chosen):
        if driver is not None:
            groups.setdefault(id(driver), (driver, []))[1].append(index)
    return groups.values()


async def _guard(driver: StorageDriver, verb: Operation, work: Awaitable[Sequence[Any]], expected: int) -> list[Any]:
    """Await a driver: its errors are named as those of the storage, and its answer has to be complete."""
    try:
        found = list(await work)
    except (ConverterError, StorageError):
        raise
    except BaseException as error:
        # A CancelledError that did not come from this task would end the caller without a trace.
        if ends_the_task(error):
            # For the log of what ran out of time.
            error.add_note(f"{DRIVER_NOTE} {driver.name()!r} was to {verb}, and had not yet")
            raise
        # The text may have a credential or a part of a payload; the cause, for the worker's log, has it.
        raise StorageError(f"the storage driver {driver.name()!r} could not {verb}: {type(error).__name__}") from error
    if len(found) != expected:
        raise StorageError(f"the storage driver {driver.name()!r} answered {expected} payloads with {len(found)}")
    if verb == "retrieve" and not all(isinstance(each, Payload) for each in found):
        kinds = ", ".join(sorted({type(each).__name__ for each in found}))
        raise StorageError(f"the storage driver {driver.name()!r} answered with {kinds} instead of Payload")
    return found


def _target_of(context: SerializationContext) -> Target | None:
    if not isinstance(context, ActivitySerializationContext):
        return None
    if context.workflow_id is not None:
        return StorageDriverWorkflowInfo(
            namespace=context.namespace,
            id=context.workflow_id,
            run_id=context.workflow_run_id,
            type=context.workflow_type,
        )
    return StorageDriverActivityInfo(
        namespace=context.namespace,
        id=context.activity_id,
        run_id=context.activity_run_id,
        type=context.activity_type,
    )
