"""Files from the field: every form that is read, damaged files, and many small ones at once."""
