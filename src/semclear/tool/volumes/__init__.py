"""OME-Zarr volumes: plane by plane, block by block, here or on the workers of a cluster."""
