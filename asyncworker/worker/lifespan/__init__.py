"""A worker's lifespan: what its activities share is opened before it polls, and closed after its last reply."""
