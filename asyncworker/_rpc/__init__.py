"""gRPC: unary calls to Temporal's WorkflowService.

Each module imports only from those below it.

====================  ==============================================================================================
``_service``          typed calls: messages in, messages out; ``_request_events``: an event for each
``_caller``           calls on bytes, with metadata, a current API key, and retries by the rules of ``_retry``
``_bound``            keeps a transport in its process and on its event loop
``http2``             the default transport; ``_grpclib``: the reference transport, on grpclib
``_dial``             names, proxies, TLS: a byte stream to a ``_target``; ``_threads``: blocking calls
``_callbacks``        background tasks, and calls whose outcome goes to callbacks; ``_long_poll``: late responses
``_call_metadata``    the metadata of a client's calls; ``_metadata``: what gRPC allows
``_transport``        the seam: one unary call on bytes
``_methods``          the methods of the service; ``_status``, ``_response_head``: what errors carry
====================  ==============================================================================================

Calls are awaited, or made with callbacks (``unary_nowait``, ``call_nowait``): those take no task unless they must be
tried again. Tasks are created in ``_callbacks`` alone, whose ``BackgroundTasks`` are awaited by their owner.
"""
