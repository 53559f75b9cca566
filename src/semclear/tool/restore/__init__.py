"""The command that restores files."""
