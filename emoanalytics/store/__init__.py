"""The one file format."""
