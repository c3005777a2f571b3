"""Expense approval: a person presses a button on a page, and so completes an activity.

``python -m examples.expenses`` starts a server, the app, and a workflow that waits for the person.
"""
