"""Training: optimizer, schedule, batches, callbacks, checkpoints and exact resume, the bundle."""
