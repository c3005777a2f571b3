"""Virtual time: the event loop's clock stands still while anything runs, and then jumps to the next timer."""
