"""Trust measures of a restored micrograph: resolution, invented energy, objects and gaps against the scene's truth."""
