"""Questions asked of a stored table; one question, one file."""
