"""External storage: large payloads are kept elsewhere, and a reference is sent in their place."""
