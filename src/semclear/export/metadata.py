"""What an exported file says of where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

from semclear import __version__
from semclear.files import sha256
from semclear.models import release
from semclear.models.onnx_restorer import RELEASE
from semclear.networks.bundle import NORMALISATION, Bundle

#: Version of the names below.
FORMAT = "1"


def metadata_of(bundle: Bundle, path: str | Path) -> dict[str, str]:
    """Return a bundle's metadata as text by name, the same in every format.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    path : str or Path
        Its file, for the hash.

    Returns
    -------
    dict
        "semclear_format" (of this table), "semclear_version", "network",
        "method", "levels", "normalisation" (what the grey levels must be),
        "data_sha256" (manifest of the training data), "bundle_sha256", and
        as JSON "size" and "model", the settings of the network.
    """
    return {
        "semclear_format": FORMAT,
        "semclear_version": __version__,
        "network": "restorer",
        "method": bundle.method,
        "levels": str(bundle.size.levels),
        "normalisation": NORMALISATION,
        "data_sha256": bundle.data_sha256,
        "bundle_sha256": sha256(path),
        "size": json.dumps(bundle.size.model_dump(), sort_keys=True),
        "model": json.dumps(bundle.model.model_dump(), sort_keys=True),
    }


def release_of(bundle: Bundle, path: str | Path) -> dict[str, str]:
    """Return what `OnnxNetwork.release` reads: "release", the member `release.json` of a release; else nothing.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    path : str or Path
        Its file.

    Raises
    ------
    SemclearError
        When that member is damaged or of another version.
    """
    text = release.text_in(path)
    if text is None:
        return {}
    release.of_text(text, bundle, path)  # what cannot be read is not passed on
    return {RELEASE: text}
