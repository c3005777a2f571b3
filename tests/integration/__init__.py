"""Worker and client against the real Temporal server: workflows of the official SDK, and standalone activities."""
