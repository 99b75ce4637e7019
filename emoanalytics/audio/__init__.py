"""Sound on disk to segments."""
