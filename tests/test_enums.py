"""Numbers of the wire print their names."""

from __future__ import annotations

import json

import pytest

from asyncworker import client, common, exceptions
from asyncworker._enums import NamedIntEnum

ENUMS = [
    found
    for module in (client, common, exceptions)
    for found in (getattr(module, name) for name in module.__all__)
    if isinstance(found, type) and issubclass(found, int)
]


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_a_public_enum_prints_its_names(kind: type[NamedIntEnum]):
    """In ``str()``, f-strings and ``%s`` alike; as JSON it stays a number."""
    member = list(kind)[1]
    name = f"{kind.__name__}.{member.name}"

    assert (str(member), f"{member}", "%s" % member, f"{member:>50}".strip()) == (name,) * 4  # noqa: UP031
    assert name in repr(member)
    assert json.dumps(member) == str(int(member))


def test_the_public_enums_are_looked_at():
    """The list above is not empty by mistake."""
    assert {client.ActivityExecutionStatus, common.ActivityIDReusePolicy, exceptions.RPCStatusCode} <= set(ENUMS)
