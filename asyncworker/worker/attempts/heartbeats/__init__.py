"""The heartbeats of one attempt: when they are sent, what is in them, and what their replies bring."""
