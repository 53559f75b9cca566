"""The napari plugin: a reader that keeps the pixel size, and a widget that restores layers.

napari finds it by the manifest napari.yaml. Only `widget`, `controls` and
`compare` touch the viewer; the other modules work without napari and Qt.
"""
