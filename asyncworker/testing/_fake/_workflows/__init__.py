"""Runs of workflows, as far as their activities are concerned."""
