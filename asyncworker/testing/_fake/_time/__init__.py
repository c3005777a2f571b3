"""The server's time: its clock, and the timeouts that pass by it."""
