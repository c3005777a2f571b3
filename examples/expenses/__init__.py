"""Expense approval: a person decides on a page, or by a link in a mail, and so completes an activity.

``python -m examples.expenses`` starts a server and the app. Each expense is an activity that waits in Temporal, so that
the app can be killed and started again: the expenses, and the links in the mails, are still good.
"""
