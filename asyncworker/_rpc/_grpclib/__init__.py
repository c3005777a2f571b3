"""The transport on grpclib: the reference that our own is held to.

grpclib is correct for a call, and not made for a worker's life. What is done about that here:

* Any GOAWAY makes it close the socket and fail every call in flight. So a connection takes no call that could outlive
  the age at which servers send GOAWAY; calls go to a new connection then, and the old one is closed when its last call
  has ended by itself.
* Its deadlines, and a connection's end, call ``task.cancel()`` on the task that made the call, and leave its
  ``cancelling()`` raised, by which ``asyncio.timeout`` and task groups in that task are misled. So each call has a task
  of its own.
* The deadline that it sends to the server is when it stops waiting. Responses to long polls are waited for longer.
* Its errors are many, some of them h2's; they are translated here.
"""

from __future__ import annotations

from ._codec import BytesCodec, BytesDetailsCodec
from ._transport import GrpclibTransport

__all__ = ["BytesCodec", "BytesDetailsCodec", "GrpclibTransport"]
