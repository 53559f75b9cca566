"""Classical methods and the search of their parameters."""
