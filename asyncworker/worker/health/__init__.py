"""A worker's health: the watchdog of its event loop, and the responses to health probes."""
