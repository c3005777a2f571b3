"""Bound how many activities run at once: slot suppliers, fixed and by resources."""
