"""Fetch activity tasks: pollers, their number, their rate limit, and what becomes of a task that cannot be run."""
