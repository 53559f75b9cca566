"""The services that a lab shares, started for real on this machine: S3, PostgreSQL, an MLflow server."""
