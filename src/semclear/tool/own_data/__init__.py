"""Training on a microscopist's own folders."""
