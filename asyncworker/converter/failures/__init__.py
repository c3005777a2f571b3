"""Exceptions as failures and back."""
