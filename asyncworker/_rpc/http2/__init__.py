"""Unary gRPC calls over HTTP/2: a sans-I/O protocol, connections on asyncio, and a pool of them.

Layers
------
Each imports only from those below it.

==================  ================================================================================================
``_transport``      ``Http2Transport``: one call or long poll at a time, its deadline, sending it again
``_pool``           connections: which one takes a call, connecting, replacing, draining
``_call_kinds``     calls whose outcome goes to callbacks; long polls that wait for late responses
``_connection``     one connection on asyncio: reads, coalesced writes, keep-alive, closing
``_protocol``       one connection without I/O: bytes in, events out; calls in, bytes out
``_outbound_flow``  what of the requests may be written now; ``_inbound_flow``: what the responses may hold in memory
``_frame_reader``   bytes to frames; ``_frames``: their layout; ``_headers``: HPACK; ``_grpc``: statuses, messages
``_keep_alive``     decides when a silent connection gets a PING, and when it is dead
``_call``           a call's state, and the events that end it
==================  ================================================================================================

Everything from ``_protocol`` down is a synchronous function of its arguments, and is held to ``h2`` by a fuzz test.

The life of a call
------------------
::

    start()        receive_data()                                             event
    ┌────────┐     ┌────────────────────────────────────────────────────┐
    │ queued │ ──▶ │ open: HEADERS ─▶ DATA … ─▶ HEADERS with END_STREAM │ ──▶ Response | Failure
    └────────┘     └────────────────────────────────────────────────────┘
    no stream id   its request may be blocked on flow control meanwhile

==========  =====================================  ==============================================================
state       is left by                             for
==========  =====================================  ==============================================================
queued      a stream becomes free                  open, with the time that it has left by then
queued      GOAWAY, or the connection closes       over: ``Failure``, unprocessed
open        HEADERS with END_STREAM                over: ``Response``, or ``Failure`` with the server's status
open        RST_STREAM, a ``StreamError``          over: ``Failure``; unprocessed if it was refused
open        GOAWAY with a lower last stream id     over: ``Failure``, unprocessed
open        the connection closes                  over: ``Failure``; unprocessed if its last byte was not handed out
either      ``reset()``                            over, without an event
==========  =====================================  ==============================================================

* A call is queued while the server's MAX_CONCURRENT_STREAMS are in use, and over once its one event is returned.
* An error of one stream (``StreamError``) is answered with RST_STREAM and fails that call. An error of the connection
  (``ProtocolViolation``) is answered with GOAWAY, fails every call and closes the connection (RFC 9113 §5.4). Nothing
  that a peer sends raises an exception.
* ``Failure.is_unprocessed`` is the promise that the server's application has not acted on the request, so that it may
  be sent again: its stream is above GOAWAY's last, it was refused (§8.7), or its last byte was never handed out. The
  transport sends such a call again on another connection, up to five times.
* A call that nothing awaits (``unary_nowait``) is its own waiter: no task, no coroutine, no future.

Flow control
------------
Outbound, a request that fits the windows of connection and stream is written whole; any other is *blocked* and gets a
frame in turn with the others as WINDOW_UPDATEs come. What the protocol has to write collects in ``_outbound_flow`` and
is written once per turn of the event loop; while the socket takes nothing, it stays there.

Inbound, each stream and the connection have a window of 16 MiB, of which half is given back at a time. All responses in
flight together are bounded; a message over the target's limit is refused by its length, before it was received.

Replacement of connections
--------------------------
GOAWAY leaves the calls up to its last id to end on their connection; it accepts none from then on. A server that closes
gracefully sends 2^31-1 first and the real id a round trip later (§6.8).

====================  =======================================  =========================================
a connection is       when                                     it takes new calls
====================  =======================================  =========================================
opening               until the server's SETTINGS were read    no: calls wait
open                  until its age, GOAWAY, or its end        yes; of several the one with fewest calls
aged                  until another is open                    yes
draining              until its last call is over              no
closed                                                         no
====================  =======================================  =========================================

A connection without calls goes from open to draining at its age, and is not replaced until there is a call. After a
failed attempt to connect there is none for a while, which grows; calls wait for the next one until their deadline.

Keep-alive
----------
After the interval without a byte a PING is sent; without any byte in the timeout that follows, the connection is dead
and its calls fail with ``UNAVAILABLE``. A server that answers with ``too_many_pings`` gets half as many from then on.
"""
