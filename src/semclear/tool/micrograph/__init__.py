"""What is found out about a micrograph before it is restored."""
