"""A trained restorer in formats that need no semclear: ONNX, TensorFlow's SavedModel, BioImage Model Zoo package.

Every one takes micrographs of any size, clips its image to [0, 1] as
`semclear restore` does, and holds the metadata of its bundle.
"""
