"""A cluster of two nodes on one machine, to run the study by profiles/slurm for real."""
