"""What the command line shows: ``lines`` and ``progress``, and one file for each kind of result."""
