"""What is said of a restoration, and why."""
