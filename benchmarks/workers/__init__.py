"""The workers under measurement: one process each, with the same activities."""
