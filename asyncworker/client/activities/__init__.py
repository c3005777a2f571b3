"""Standalone activities: start, list, describe, change and await them."""
