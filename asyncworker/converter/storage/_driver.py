"""What stores payloads: the driver's interface, and what a driver is told. Names follow temporalio's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..._proto.temporal.api.common.v1 import Payload

__all__ = [
    "StorageDriver",
    "StorageDriverActivityInfo",
    "StorageDriverClaim",
    "StorageDriverRetrieveContext",
    "StorageDriverSelectContext",
    "StorageDriverStoreContext",
    "StorageDriverWorkflowInfo",
]


@dataclass(frozen=True, slots=True)
class StorageDriverClaim:
    """What a driver needs to find a payload again; it is sent in the payload's place, in the clear.

    Attributes:
        claim_data: Texts of the driver's choice, such as a bucket and a key. Keep secrets out.
    """

    claim_data: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDriverWorkflowInfo:
    """The workflow for whose activity a payload is stored.

    Attributes:
        namespace: The workflow's namespace.
        id: Its workflow id.
        run_id: Its run id, if it is known.
        type: Its type, if it is known.
    """

    namespace: str
    id: str | None = None
    run_id: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDriverActivityInfo:
    """The standalone activity for which a payload is stored.

    Attributes:
        namespace: The activity's namespace.
        id: Its activity id.
        run_id: Its run id, if it is known; it is not while the activity is being started.
        type: Its type, if it is known.
    """

    namespace: str
    id: str | None = None
    run_id: str | None = None
    type: str | None = None


Target = StorageDriverWorkflowInfo | StorageDriverActivityInfo


@dataclass(frozen=True, slots=True)
class StorageDriverStoreContext:
    """For which execution a driver stores.

    Attributes:
        target: The workflow whose activity it is, or the standalone activity; ``None`` where it is not known.
    """

    target: Target | None = None


@dataclass(frozen=True, slots=True)
class StorageDriverSelectContext:
    """For which execution a driver is chosen.

    Attributes:
        target: The workflow whose activity it is, or the standalone activity; ``None`` where it is not known.
    """

    target: Target | None = None


@dataclass(frozen=True, slots=True)
class StorageDriverRetrieveContext:
    """Given with each retrieval; it has no fields yet."""


class StorageDriver(ABC):
    """Stores payloads and retrieves them.

    An error of a driver fails the attempt or the call, and the server retries the attempt. An error that no retry can
    change, such as a damaged payload, is raised as :exc:`asyncworker.exceptions.ConverterError`.
    """

    @abstractmethod
    def name(self) -> str:
        """Return the name by which references find this driver. It is unique among the drivers of a data converter."""

    def type(self) -> str:
        """Return the kind of driver, the same in all languages; by default the name of the class."""
        return type(self).__name__

    @abstractmethod
    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> Sequence[StorageDriverClaim]:
        """Store payloads, and return a claim for each, in their order.

        Storing the same payload again must not fail: an attempt may be repeated. Cancelling happens where the attempt
        or the call is cancelled, and is to be let through.

        Raises:
            ConverterError: A payload cannot be stored, now or later.
            Exception: Any other error is retryable.
        """

    @abstractmethod
    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> Sequence[Payload]:
        """Return the payloads of the claims, in their order.

        Claims come from the wire: check what they name before it is read. Cancelling is as for :meth:`store`.

        Raises:
            ConverterError: A payload cannot be retrieved, now or later.
            Exception: Any other error is retryable.
        """
