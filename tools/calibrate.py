"""Calibrates what a released model tells of its inventions and gains anew, without training it again.

    python tools/calibrate.py src/semclear/pretrained/default.semclear [--count 24]

By validation micrographs of the views that its line of `pretrained` in params.yaml names: they are drawn here, the same
as those of the data set that it was trained on, of which no training saw any. The step `restore` of the workflow does
the same for a model that is trained now; this is for one that was trained before. Takes the place of NAME.semclear and
NAME.md; weights, family and intervals stay.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from semclear import compute, params
from semclear.datasets import manifest
from semclear.datasets.observed import observe
from semclear.errors import SemclearError
from semclear.evaluation.release.model_card import render
from semclear.files import whole_file
from semclear.models import release as releases
from semclear.restoration.network_step import calibrated_invention
from semclear.restoration.restorer import Restorer

ROOT = Path(__file__).resolve().parents[1]
#: Training and test micrographs that a data set needs beside those that are looked at.
FEWEST = 3


def calibrate(path: Path, settings: params.Params, count: int) -> None:
    """Calibrate a release and write it and its card.

    Parameters
    ----------
    path : Path
        The release, called after a line of `pretrained`.
    settings : params.Params
        Of params.yaml.
    count : int
        Micrographs to draw.

    Raises
    ------
    SemclearError
        When there is no such line, the file is damaged, or the model cannot tell what it invents.
    """
    if path.stem not in settings.pretrained:
        raise SemclearError(
            f"{path}: got a model that is no line of `pretrained` in params.yaml, expected one of "
            f"{', '.join(settings.pretrained)}; train it anew to calibrate it"
        )
    release, name = releases.read(path), settings.pretrained[path.stem].dataset
    views = settings.views[name]
    scale = settings.scales[views.scale].data.model_copy(
        update={"train": FEWEST, "validation": count, "test": FEWEST}
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "manifest.json"
        kinds = list(settings.scenes.kinds)
        observe(views, kinds, settings.families[views.family], scale, settings.seed, name, place)
        records = manifest.load(place).split("validation")
        invention, gain, told_by = calibrated_invention(
            Restorer(release.bundle, release.ensemble), records, settings.restoration.recommending
        )
    if invention is None:
        raise SemclearError(
            f"{path}: got a model that cannot tell what it invents, expected one that keeps the veil"
        )
    choosing = settings.restoration.choosing
    said = {"invention": invention.record(), "told_by": told_by, "choosing": choosing.model_dump()} | (
        {"gain": gain.record()} if gain else {}
    )
    known = {
        key: value
        for key, value in release.card["calibration"].items()
        if key not in ("invention", "gain", "told_by", "choosing")
    }
    card = {**release.card, "calibration": {**known, **said}}
    releases.write(
        path, dataclasses.replace(release, invention=invention, gain=gain, choosing=choosing, card=card)
    )
    with whole_file(path.with_suffix(".md")) as scratch:
        text = render(card).replace(f"--model {path.stem}.semclear", f"--model {path.stem}")
        scratch.write_text(text, encoding="utf-8")
    print(f"{path}: by {told_by} micrographs, {said}")


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="NAME.semclear, whose place is taken")
    parser.add_argument("--count", type=int, default=24, help="micrographs to draw")
    given = parser.parse_args()
    try:
        settings = params.load(ROOT / "params.yaml")
        compute.configure(settings.compute)
        calibrate(given.model, settings, given.count)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
