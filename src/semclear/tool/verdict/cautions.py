"""What a person must be told of one restored picture before she believes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semclear.tool.runtime import EXPORTED
from semclear.tool.verdict import explanations, wording

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Family, Verdict
    from semclear.restoration.measured_psf import MeasuredPsf

REMARKS = ("note", "pixel-size-unknown")
"""Codes of what is said of a file rather than of its restoration: no warnings, and not counted as such."""

OF_METHOD = {
    "cyclegan-physics": ("read_", "redegradation_", "residual_"),
    "instrument": ("read_", "redegradation_", "residual_"),
    "cyclegan": ("redegradation_", "residual_"),
}
"""Beginnings of the checks that a method's degrader makes; a network that was trained with pairs has none."""

STRETCHED = (
    "floats were stretched to their own range: restoration and verdict depend on it, and may differ from those of the "
    "same micrograph in 8 or 16 bits; restore the microscope's file where there is one"
)


@dataclass(frozen=True)
class Caution:
    """One thing to know: `code` for programs, `text` for people."""

    code: str
    text: str

    @property
    def is_warning(self) -> bool:
        """Whether it speaks against the restoration; else it is a remark on the file."""
        return self.code not in REMARKS

    def record(self) -> dict[str, str]:
        """Return it as JSON holds it."""
        return {"code": self.code, "text": self.text}


def of_family(verdict: Verdict | None, family: Family | None, checks: Mapping[str, float]) -> list[Caution]:
    """Return whether the picture is unlike the training data, or cannot be judged.

    Parameters
    ----------
    verdict : Verdict or None
        Of `Family.judge`; None where the model has no family.
    family : Family or None
        For the range of the check that is farthest out.
    checks : mapping
        Of this picture.
    """
    if verdict is None or family is None:
        return [
            Caution(
                "not-judged",
                "the model was not calibrated for this way of restoring: whether the micrograph is like its training "
                "data is not known",
            )
        ]
    if not verdict.flag:
        return []
    value, name = checks.get(verdict.check), explanations.meaning(verdict.check).name
    what = "could not be measured" if value is None else explanations.written(verdict.check, value)
    usual = ""
    if verdict.check in family.limits():
        usual = f", where {explanations.usual(verdict.check, *family.limits()[verdict.check])} is usual for this model"
    least = least_p(family)
    return [
        Caution(
            "unlike-training-data",
            f"unlike the training data, most of all in {name[:1].lower()}{name[1:]}: {what}{usual}; "
            f"{explanations.share(verdict.p, least)} of 100 of the model's own kind are that far out "
            f"(p {'<=' if verdict.p <= least else '='} {verdict.p:.2g}), so do not rely on its details, and train on "
            "such micrographs",
        )
    ]


def unchecked(record: Mapping[str, Any], family: Family | None) -> tuple[str, ...]:
    """Return the checks of the trust flag that could not be made.

    Parameters
    ----------
    record : mapping
        `Engine.record`: some backends run exported restorers alone.
    family : Family or None
        What the trust flag looks at.

    Returns
    -------
    tuple of str
        Names of `semclear.restoration.checks.trust_flag.LOOKED_AT`; empty for a bundle, and without a family.
    """
    if family is None or record.get("backend") not in EXPORTED:
        return ()
    from semclear.restoration.checks.trust_flag import LOOKED_AT

    kinds = OF_METHOD.get(record["method"], ())
    return tuple(name for name in LOOKED_AT if name.startswith(kinds) and name not in family.names)


def of_part(names: Sequence[str]) -> list[Caution]:
    """Return that checks are missing, and what to do; nothing where none is, see `unchecked`."""
    if not names:
        return []
    told = (explanations.meaning(name).name for name in names)
    listed = ", ".join(f"{name[:1].lower()}{name[1:]}" for name in told)
    return [
        Caution(
            "partly-judged",
            f"judged by a part of the checks: an exported restorer cannot tell {listed}; for the whole verdict use the "
            ".semclear file that it was exported from",
        )
    ]


def least_p(family: Family) -> float:
    """Return the smallest p that a family can give: that of a micrograph farther out than each of its members."""
    return 1 / (len(family.scores) + 1)


def of_explanation(checks: Mapping[str, float], verdict: Verdict | None) -> list[Caution]:
    """Return whether the restoration, degraded again, is far from the picture that it was made of.

    The trust flag compares with what is usual for the model: of a model that
    explains nothing, not even what it was trained on, it says nothing.

    Parameters
    ----------
    checks : mapping
        "redegradation_ratio" (times the noise) and "redegradation_rms" (grey) of a model with a degrader; else without.
    verdict : Verdict or None
        Of the trust flag, which may have said so.
    """
    ratio, rms = checks.get("redegradation_ratio"), checks.get("redegradation_rms")
    said = verdict is not None and verdict.flag and verdict.check == "redegradation_ratio"
    if ratio is None or rms is None or ratio <= wording.UNEXPLAINED or said:
        return []
    return [
        Caution(
            "unexplained",
            f"not explained: degraded again, the restoration is {explanations.written('redegradation_rms', rms)} off, "
            f"{ratio:.2g} times the noise (about 1 is good); its fine texture may be invented, compare it with the "
            "original",
        )
    ]


def of_gain(checks: Mapping[str, float], recommended: bool | None) -> list[Caution]:
    """Return whether the restoration may be no better than the picture that it was made of.

    Parameters
    ----------
    checks : mapping
        "expected_gain" and "read_sigma", where something is told.
    recommended : bool or None
        See `semclear.restoration.checks.gain.Gain.recommends`.
    """
    if recommended is not False:
        return []
    return [
        Caution(
            "gain-doubtful",
            f"the gain is doubtful: the model reads a blur of {checks['read_sigma']:.2g} pixels, and the restoration "
            f"is expected to be better by {checks['expected_gain']:.2g} in structural similarity (1 is the most); it "
            "may have taken fine grain for noise, compare it with the original",
        )
    ]


def of_model(family: Family | None) -> str | None:
    """Return that a model does not explain the micrographs that it was calibrated on, if that is so; else None.

    Parameters
    ----------
    family : Family or None
        Of the trust flag.
    """
    rows = [] if family is None else family.rows
    ratios = sorted(row["redegradation_ratio"] for row in rows if "redegradation_ratio" in row)
    if not ratios or ratios[len(ratios) // 2] <= wording.UNEXPLAINED_MEDIAN:
        return None
    return (
        "the model does not explain the micrographs that it was trained on: degraded again, their restorations are off "
        f"by {ratios[len(ratios) // 2]:.2g} times the noise (median; about 1 is good). They show what is not there, or "
        "were hardly restored. Either the clear micrographs show something else, or at another magnification, or the "
        "degradation is no blur, veil and noise. The verdict compares with these and cannot tell"
    )


def of_sharpness(checks: Mapping[str, float], edge_width: float | None) -> list[Caution]:
    """Return whether there was nothing to restore.

    A model's encoder tells blur and veil apart from the scene; where there is
    none, edges that are as sharp as pixels allow tell at least that there is
    no blur to remove.

    Parameters
    ----------
    checks : mapping
        "read_sigma" and "read_transmission" of a model with an encoder, and "left_alone" of one that leaves what is
        sharp; else empty of them.
    edge_width : float or None
        See `edge_width.measure`; looked at only without an encoder.
    """
    sigma, transmission = checks.get("read_sigma"), checks.get("read_transmission")
    if checks.get("left_alone"):
        return [
            Caution(
                "already-sharp",
                f"already sharp: the model reads a blur of {sigma:.2g} pixels, and there is little noise; it was left "
                "as it is (--even-if-sharp restores it)",
            )
        ]
    if "left_alone" in checks:  # there is noise to take away, or it was asked for
        return []
    if sigma is not None and transmission is not None:
        if sigma < wording.SHARP_SIGMA and transmission > wording.CLEAR_TRANSMISSION:
            return [
                Caution(
                    "already-sharp",
                    f"already sharp: the model reads a blur of {sigma:.2g} pixels and {100 * transmission:.0f} % "
                    "transmission; keep the original",
                )
            ]
        return []
    if edge_width is not None and edge_width < wording.SHARP_EDGE:
        return [
            Caution(
                "already-sharp",
                f"already sharp: its edges are {edge_width:.2g} pixels wide; there is no blur to remove, only a veil "
                "if there is one",
            )
        ]
    return []


def of_change(changes: Mapping[str, float]) -> list[Caution]:
    """Return whether contrast was inverted, or grey moved far; see `outcome.changes`."""
    found = []
    if changes.get("input_output_pearson", 0.0) < 0:
        found.append(
            Caution(
                "contrast-inverted",
                f"contrast inverted: input and output correlate with {changes['input_output_pearson']:.2f}; discard it",
            )
        )
    shift = changes["change_mean"]
    if abs(shift) > wording.GREY_SHIFT:
        found.append(
            Caution(
                "grey-shift",
                f"grey values moved by {100 * shift:+.0f} % of the range on average; compare no grey levels with other "
                "micrographs",
            )
        )
    return found


def of_contrast(changes: Mapping[str, float], noise: float) -> list[Caution]:
    """Return whether the result is nearly of one grey, or lost much of what the micrograph showed.

    Parameters
    ----------
    changes : mapping
        See `outcome.changes`.
    noise : float
        Standard deviation of the micrograph's noise, in grey of 0 to 1.
    """
    before, after = changes["input_deviation"], changes["output_deviation"]
    structure = max(before**2 - noise**2, 0.0) ** 0.5
    if after >= wording.ONE_GREY and (
        structure < wording.STRUCTURED * noise or after >= wording.CONTRAST_LEFT * structure
    ):
        return []
    what = "the result is nearly of one grey" if after < wording.ONE_GREY else "much of the contrast is lost"
    return [
        Caution(
            "contrast-lost",
            f"{what}: grey values spread by {255 * after:.2g} levels of 255, those of the micrograph by "
            f"{255 * before:.2g}, of which {255 * noise:.2g} are noise; discard it",
        )
    ]


def of_tiling(exact: bool, tile: int) -> list[Caution]:
    """Return whether tiles gave another result than the whole picture would have, as with instance normalisation."""
    if exact:
        return []
    return [
        Caution(
            "tiles-differ",
            f"restored by tiles of {tile} pixels, each normalised by itself, so that brightness may drift from tile to "
            "tile; give more --memory, or no --tile",
        )
    ]


def of_psf(psf: MeasuredPsf, pixel_size_nm: float | None) -> list[Caution]:
    """Return what speaks against deconvolving a micrograph of this pixel size by a measured point spread function."""
    found, name = [], psf.record["file"]
    if psf.background > wording.BACKGROUND:
        found.append(
            Caution(
                "psf-background",
                f"{name}: the grey of its border makes up {100 * psf.background:.0f} % of it, a veil over the whole "
                "picture; subtract its background, so that it ends in 0",
            )
        )
    own = psf.pixel_size_nm
    if (
        own is not None
        and pixel_size_nm is not None
        and not math.isclose(own, pixel_size_nm, rel_tol=wording.SAME_PIXEL_SIZE)
    ):
        found.append(
            Caution(
                "psf-pixel-size",
                f"{name}: has pixels of {own:.4g} nm, the micrograph of {pixel_size_nm:.4g} nm; measure it at the same",
            )
        )
    return found


def of_history(restored_before: str | None) -> list[Caution]:
    """Return whether the file is itself a restoration: by what, see `description.described`; None where it is not."""
    if restored_before is None:
        return []
    return [
        Caution(
            "restored-before",
            f"restored before by {restored_before}: what that invented passes for signal now; restore the original",
        )
    ]


def of_file(notes: Sequence[str], pixel_size_nm: float | None, dtype: str = "") -> list[Caution]:
    """Return what reading the file remarked, and whether its pixel size is unknown.

    Parameters
    ----------
    notes : sequence of str
        Of `semclear.io.read.Original`.
    pixel_size_nm : float or None
        Of the same.
    dtype : str
        Type of the stored numbers whose range was found. Floats have no
        largest number: their own range is stretched, and other grey means
        another restoration.
    """
    found = [Caution("note", note) for note in notes]
    if dtype.startswith("float"):
        found.append(Caution("note", STRETCHED))
    if pixel_size_nm is None:
        found.append(
            Caution(
                "pixel-size-unknown", "the file gives no pixel size: measure nothing in it without a scale"
            )
        )
    return found


def records(cautions: Sequence[Caution]) -> list[dict[str, Any]]:
    """Return cautions as JSON holds them."""
    return [caution.record() for caution in cautions]
