"""A client with a limit for calls that have none of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from far_end import refusal

from asyncworker.client import Interceptor, OutboundInterceptor, StartActivityInput
from asyncworker.exceptions import RPCError, RPCStatusCode

ENOUGH = {"id": "a1", "task_queue": "depot", "start_to_close_timeout": 10}


async def test_calls_have_the_clients_limit(far_end, client):
    """It is that of the call as a whole, also through a handle; the client itself keeps having none."""
    bounded = client.with_rpc_timeout(3)

    handle = await bounded.start_activity("pack", **ENOUGH)
    await handle.cancel()
    await client.start_activity("pack", **ENOUGH)

    assert far_end.timeouts[:2] == [pytest.approx(3, abs=2)] * 2
    assert far_end.timeouts[2] == 10


async def test_a_call_may_have_a_limit_of_its_own(far_end, client):
    """That is the one that counts, shorter or longer."""
    await client.with_rpc_timeout(3).start_activity("pack", rpc_timeout=7, **ENOUGH)

    assert far_end.timeouts[0] == pytest.approx(7, abs=2)


async def test_a_wait_for_a_result_takes_as_long_as_it_takes(far_end, client):
    """A poll of it is as long as ever."""
    far_end.answer("PollActivityExecution", refusal(RPCStatusCode.NOT_FOUND))

    with pytest.raises(RPCError):
        await client.with_rpc_timeout(3).get_activity_handle("a1").result()

    assert far_end.timeouts[0] == 70


async def test_a_wait_for_a_result_fails_when_the_server_is_out_of_reach(far_end, client):
    """It is tried again for as long as the limit, and not for a minute."""
    far_end.answer("PollActivityExecution", refusal(RPCStatusCode.UNAVAILABLE, "connection refused"))

    with pytest.raises(RPCError, match="connection refused"):
        await client.with_rpc_timeout(0.3).get_activity_handle("a1").result()

    assert 1 < len(far_end.timeouts) < 5


async def test_a_call_that_is_cut_short_tells_why_it_was_not_answered(far_end, client):
    """The error is that of the server that is not there."""
    far_end.answer("CountActivityExecutions", refusal(RPCStatusCode.UNAVAILABLE, "connection refused"))

    with pytest.raises(RPCError, match="connection refused") as caught:
        await client.with_rpc_timeout(0.2).count_activities()

    assert caught.value.status is RPCStatusCode.UNAVAILABLE


async def test_interceptors_wrap_the_calls(far_end):
    """Once, as those of the client itself."""
    seen = []

    class Noting(OutboundInterceptor):
        async def start_activity(self, input: StartActivityInput):
            seen.append(input.id)
            return await super().start_activity(replace(input, summary=None))

    class Note(Interceptor):
        def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
            return Noting(next)

    await far_end.client(interceptors=[Note()]).with_rpc_timeout(3).start_activity("pack", **ENOUGH)

    assert seen == ["a1"]


async def test_connections_and_settings_are_shared(client):
    """A key that is replaced is replaced for both, and closing one closes the other."""
    bounded = client.with_rpc_timeout(3)

    assert (bounded.service, bounded.namespace, bounded.identity) == (client.service, "space", "me")
    assert type(bounded) is type(client)


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-1, ValueError), ("3s", TypeError), (None, TypeError)])
def test_what_is_no_limit_is_refused(client, limit, error):
    """With the name of the argument."""
    with pytest.raises(error, match="rpc_timeout"):
        client.with_rpc_timeout(limit)
