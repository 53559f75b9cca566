"""The open benchmark: fixed test pictures that anybody restores, their scores as a row, and the table of all rows."""
