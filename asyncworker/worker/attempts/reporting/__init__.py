"""The end of an attempt: its outcome, the request that reports it, and sending that whatever happens."""
