"""semclear: unpaired restoration of degraded SEM micrographs, as a reproducible study."""

__version__ = "0.1.0"
