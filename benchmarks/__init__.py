"""What the worker costs, side by side with ``temporalio``'s; see README.md."""
