"""Convert Python values to payloads and back, and errors to failures and back.

Names follow ``temporalio.converter``. A :class:`DataConverter` holds all converters of a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attach
from .._proto.temporal.api.common.v1 import Payload
from ..common import RawValue
from ._codec import ChainedPayloadCodec, PayloadCodec
from ._context import (
    ActivitySerializationContext,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from ._data import DataConverter
from ._encodings import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)
from ._parameters import Parameter
from ._payload import CompositePayloadConverter, EncodingPayloadConverter, PayloadConverter
from ._protobuf import BinaryProtoPayloadConverter, JSONProtoPayloadConverter
from ._signature import Signature
from ._size import payloads_size
from ._validation import create_payload_validation_error
from .failures._default import DefaultFailureConverter, DefaultFailureConverterWithEncodedAttributes
from .failures._failure import FailureConverter, ensure_application_failure
from .json._adapter import adapter_for

if TYPE_CHECKING:
    from .._proto.temporal.api.failure.v1 import Failure as Failure
    from .codecs._compression import CompressionCodec as CompressionCodec
    from .codecs._encryption import EncryptionCodec as EncryptionCodec
    from .codecs._remote import RemoteCodec as RemoteCodec
    from .storage._driver import (
        StorageDriver as StorageDriver,
        StorageDriverActivityInfo as StorageDriverActivityInfo,
        StorageDriverClaim as StorageDriverClaim,
        StorageDriverRetrieveContext as StorageDriverRetrieveContext,
        StorageDriverSelectContext as StorageDriverSelectContext,
        StorageDriverStoreContext as StorageDriverStoreContext,
        StorageDriverWorkflowInfo as StorageDriverWorkflowInfo,
    )
    from .storage._external import ExternalStorage as ExternalStorage
    from .storage._file import FileStorageDriver as FileStorageDriver

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    # Imported on their first use: few programs have a codec or a storage, and some bring libraries of their own.
    __getattr__, __dir__ = attach(
        __name__,
        {
            "CompressionCodec": "codecs._compression",
            "EncryptionCodec": "codecs._encryption",
            "RemoteCodec": "codecs._remote",
            "ExternalStorage": "storage._external",
            "Failure": "failures._from_error",
            "FileStorageDriver": "storage._file",
            "StorageDriver": "storage._driver",
            "StorageDriverActivityInfo": "storage._driver",
            "StorageDriverClaim": "storage._driver",
            "StorageDriverRetrieveContext": "storage._driver",
            "StorageDriverSelectContext": "storage._driver",
            "StorageDriverStoreContext": "storage._driver",
            "StorageDriverWorkflowInfo": "storage._driver",
        },
    )

__all__ = [
    # All converters of a client
    "DataConverter",
    # Values
    "Payload",
    "RawValue",
    "PayloadConverter",
    "EncodingPayloadConverter",
    "CompositePayloadConverter",
    "DefaultPayloadConverter",
    "BinaryNullPayloadConverter",
    "BinaryPlainPayloadConverter",
    "JSONProtoPayloadConverter",
    "BinaryProtoPayloadConverter",
    "JSONPlainPayloadConverter",
    # Bytes
    "PayloadCodec",
    "ChainedPayloadCodec",
    "EncryptionCodec",
    "CompressionCodec",
    "RemoteCodec",
    "payloads_size",
    # External storage
    "ExternalStorage",
    "StorageDriver",
    "FileStorageDriver",
    "StorageDriverClaim",
    "StorageDriverStoreContext",
    "StorageDriverSelectContext",
    "StorageDriverRetrieveContext",
    "StorageDriverActivityInfo",
    "StorageDriverWorkflowInfo",
    # Errors
    "Failure",
    "FailureConverter",
    "DefaultFailureConverter",
    "DefaultFailureConverterWithEncodedAttributes",
    "ensure_application_failure",
    "create_payload_validation_error",
    # Functions
    "Signature",
    "Parameter",
    "adapter_for",
    # Serialization context
    "SerializationContext",
    "ActivitySerializationContext",
    "WorkflowSerializationContext",
    "WithSerializationContext",
]
