"""Unary gRPC calls over HTTP/2: a sans-I/O protocol, its connections on asyncio, and a pool of them."""
