"""Run one attempt of an activity, from its task to its reply."""
