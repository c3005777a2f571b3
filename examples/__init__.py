"""Programs to read, run and start from."""
