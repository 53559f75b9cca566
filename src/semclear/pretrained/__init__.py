"""The model that comes with the package: the study's release of its experiment `general`, as the pipeline made it."""
