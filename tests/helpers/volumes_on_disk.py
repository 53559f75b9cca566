"""OME-Zarr volumes, and planes of them, for tests."""

import numpy as np
from scipy.ndimage import gaussian_filter

TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


class InMemory:
    """An array with what is asked of a Zarr one."""

    def __init__(self, values, chunks):
        self.values, self.chunks = values, chunks
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, key):
        return self.values[key]


def picture(height, width, seed):
    """Return soft blobs with noise, (height, width) in [0, 1]."""
    rng = np.random.default_rng(seed)
    blobs = gaussian_filter(rng.standard_normal((height, width)), 5)
    soft = gaussian_filter(0.25 + 0.5 * (blobs > 0), 1.5)
    return np.clip(soft + 0.05 * rng.standard_normal((height, width)), 0, 1)


def write(path, values, version="0.5", chunks=None, unit="nanometer", scale=None, **attributes):
    """Write an array of axes tczyx, the last ones, as an OME-Zarr image of one level."""
    import zarr
    from ome_zarr.format import format_from_version
    from ome_zarr.writer import write_multiscales_metadata

    group = zarr.open_group(str(path), mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array(
        "s0",
        shape=values.shape,
        dtype=values.dtype,
        chunks=chunks or (*(1 for _ in values.shape[:-2]), 70, 90),
    )
    array[...] = values
    names = "tczyx"[-values.ndim :]
    axes = [
        {"name": name, "type": TYPES[name], **({"unit": unit} if unit and TYPES[name] == "space" else {})}
        for name in names
    ]
    scale = scale or [{"z": 10.0, "y": 4.0, "x": 4.0}.get(name, 1.0) for name in names]
    datasets = [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}]
    write_multiscales_metadata(group, datasets, fmt=format_from_version(version), axes=axes, name="test")
    if version == "0.4":
        group.attrs.update(attributes)
    else:
        group.attrs["ome"] = {**group.attrs["ome"], **attributes}
    return path
