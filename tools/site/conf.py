"""Settings of the site that `make docs` builds; see tools/build_docs.py, which lays out its pages."""

import semclear

project = "semclear"
author = "The semclear authors"
copyright = author
version = release = semclear.__version__

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
html_theme = "alabaster"  # comes with Sphinx, and asks nothing of other hosts
html_theme_options = {"description": "Restoring SEM micrographs", "page_width": "1100px"}
html_static_path: list[str] = []
html_copy_source = False

default_role = "code"  # docstrings name things in single backticks
nitpicky = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's types say shapes, too
numpydoc_show_class_members = False
myst_heading_anchors = 4  # links to headings are those of the usual hosts
