"""Convert exceptions to failures and back."""
