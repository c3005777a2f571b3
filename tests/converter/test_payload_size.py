"""The size of payloads, against the limits of a namespace."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies as st

from asyncworker import _wire
from asyncworker._proto.temporal.api.common.v1 import PayloadExternalPayloadDetails, Payloads
from asyncworker.converter import Payload, payloads_size

payloads = st.lists(
    st.builds(
        Payload,
        metadata=st.dictionaries(st.text(max_size=200), st.binary(max_size=200), max_size=3),
        data=st.one_of(st.binary(max_size=300), st.integers(0, 20_000).map(bytes)),
        external_payloads=st.lists(
            st.builds(PayloadExternalPayloadDetails, size_bytes=st.integers(0, 2**40)), max_size=1
        ),
    ),
    max_size=3,
)


# Building examples is slow on a busy machine.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payloads)
def test_size_is_that_of_the_message(payloads):
    """The size is what the Payloads message takes on the wire, to the byte."""
    assert payloads_size(payloads) == len(_wire.encode(Payloads(payloads=payloads)))
