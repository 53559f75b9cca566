"""MRC and CZI files by the packages that read them, and DM3 files, which nothing writes, byte by byte."""

import struct

import numpy as np

DM_TYPES = {"int16": 1, "float32": 2, "uint8": 6, "int32": 7, "int8": 9, "uint16": 10, "float64": 12}
"""Number of a picture's type in `ImageData.DataType`."""
DM_ELEMENTS = {"int16": 2, "float32": 6, "uint8": 10, "int32": 3, "int8": 9, "uint16": 4, "float64": 7}
"""Number of the type of an array's elements."""


def write_mrc(path, pixels, nanometres=5.0, slice_nm=None, stack=True, order="<"):
    """Write pictures, (pages, H, W), as a stack or a volume."""
    import mrcfile

    if order == ">":
        pixels = pixels.astype(pixels.dtype.newbyteorder(">"))
    with mrcfile.new(path, overwrite=True) as opened:
        opened.set_data(pixels)
        opened.set_image_stack() if stack else opened.set_volume()
        if nanometres:
            opened.voxel_size = (10 * nanometres, 10 * nanometres, 10 * (slice_nm or nanometres))
    return path


def write_czi(path, pixels, nanometres=5.0, channels=(), scenes=1, slices=1):
    """Write pictures, (scenes * slices * channels, H, W[, 3]), channels fastest, then slices."""
    from pylibCZIrw import czi

    path.unlink(missing_ok=True)
    count = len(pixels) // (scenes * slices)
    names = dict(enumerate(channels)) or None
    size = {} if not nanometres else {f"scale_{axis}": nanometres * 1e-9 for axis in "xyz"}
    with czi.create_czi(str(path)) as opened:
        for number, picture in enumerate(pixels):
            scene, rest = divmod(number, slices * count)
            plane = dict(zip("ZC", divmod(rest, count), strict=True)) | {"T": 0}
            data = picture[..., None] if picture.ndim == 2 else picture[..., ::-1]
            more = {"scene": scene, "location": (10 * scene * picture.shape[1], 0)} if scenes > 1 else {}
            opened.write(data=np.ascontiguousarray(data), plane=plane, **more)
        opened.write_metadata(document_name="a", channel_names=names, **size)
    return path


def _tag(name, kind, *info, data=b""):
    head = struct.pack(">BH", 21, len(name)) + name.encode() + b"%%%%" + struct.pack(">I", 1 + len(info))
    return head + struct.pack(f">{1 + len(info)}I", kind, *info) + data


def _number(name, value):
    if isinstance(value, float):
        return _tag(name, 6, data=struct.pack("<f", value))
    return _tag(name, 5, data=struct.pack("<I", value))


def _text(name, value):
    data = value.encode("utf-16-le")
    return _tag(name, 20, 4, len(value), data=data)


def _group(name, *tags):
    head = struct.pack(">BH", 20, len(name)) + name.encode()
    return head + struct.pack(">BBI", 1, 0, len(tags)) + b"".join(tags)


def write_dm3(path, pixels, nanometres=5.0, slice_nm=5.0):
    """Write a picture, (H, W), or a stack of them, (pages, H, W), as Gatan's version 3, little endian."""
    edges = [nanometres, nanometres, *([slice_nm] if pixels.ndim == 3 else [])]
    unit = "nm" if nanometres else ""
    axes = [
        _group("", _number("Origin", 0.0), _number("Scale", float(edge or 1)), _text("Units", unit))
        for edge in edges
    ]
    brightness = _group("Brightness", _number("Origin", 0.0), _number("Scale", 1.0), _text("Units", ""))
    kind = pixels.dtype.name
    values = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
    image = _group(
        "ImageData",
        _group("Calibrations", brightness, _group("Dimension", *axes)),
        _tag("Data", 20, DM_ELEMENTS[kind], pixels.size, data=values),
        _number("DataType", DM_TYPES[kind]),
        _group("Dimensions", *(_number("", edge) for edge in pixels.shape[::-1])),
        _number("PixelDepth", pixels.dtype.itemsize),
    )
    scope = _group("Microscope Info", _number("Voltage", 15000.0), _text("Microscope", "a column"))
    images = _group("ImageList", _group("", image, _group("ImageTags", scope), _text("Name", "a")))
    documents = _group("DocumentObjectList", _group("", _number("ImageSource", 0)))
    tags = struct.pack(">BBI", 1, 0, 2) + documents + images
    path.write_bytes(struct.pack(">III", 3, len(tags) + 4, 1) + tags + bytes(8))
    return path
