"""What ``exec`` shows: a view of one activity, and its progress."""
