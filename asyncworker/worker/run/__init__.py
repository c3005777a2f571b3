"""One run of a worker, from its connection to its last reply."""
