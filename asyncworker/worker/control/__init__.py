"""Keep the server informed of the workers of a client, and carry out its commands."""
