"""The only room that knows gRPC: bytes to the server and bytes back."""
