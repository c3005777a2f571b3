"""One activity: its state and what changes it, its options, and how it is described."""
