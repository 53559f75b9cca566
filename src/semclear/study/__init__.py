"""The workflow, not the science: which step runs what, and where runs are recorded."""
