"""The limits that a release states: sentences made of what was measured, none where nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: How parts of a degradation and their parameters are called, with units.
PARTS = {
    "blur": "blur",
    "probe": "blur by a Gaussian, a disc, an astigmatic or a scattered beam",
    "fog": "veil",
    "veil": "veil",
    "noise": "noise",
    "charging": "charging",
    "drift": "drift",
}
UNITS = {
    "blur.sigma": "standard deviation {} px",
    "probe.sigma": "standard deviation {} px",
    "veil.transmission": "mean transmission {}",
    "veil.airlight": "grey of the veil {}",
    "noise.additive": "even part {} of the grey range",
    "noise.shot": "part that grows with the root of the grey {}",
    "noise.smear": "smeared along rows by {} px",
    "fog.transmission": "mean transmission {}",
    "fog.airlight": "grey of the veil {}",
    "noise.sigma": "readout noise {} of the grey range",
    "noise.dose": "dose {} electrons a pixel at full brightness",
}


def span(ends: list[float] | None, digits: int = 3) -> str:
    """Return "a to b", or "a" where both ends print alike."""
    if ends is None:
        return "unknown"
    low, high = (f"{end:.0f}" if abs(end) >= 10**digits else f"{end:.{digits}g}" for end in ends)
    return low if low == high else f"{low} to {high}"


def degradation(values: Mapping[str, Any] | None) -> list[str]:
    """Return a phrase a part of the degradation, of `training_data.ranges_of`."""
    phrases = []
    for part, numbers in sorted((values or {}).items()):
        known = [UNITS[key].format(span(numbers[name])) for key, name in _keys(part, numbers)]
        share = "" if numbers["share"] == 1 else f"in {100 * numbers['share']:.0f} % of the micrographs"
        phrases.append(
            f"{PARTS.get(part, part)} ({'; '.join(filter(None, [share, *known]))})".replace(" ()", "")
        )
    return phrases


def _keys(part: str, numbers: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, key.removeprefix(f"{part}.")) for key in UNITS if key.removeprefix(f"{part}.") in numbers]


def limits_of(card: Mapping[str, Any]) -> list[str]:
    """Return what the user of a model must know.

    Parameters
    ----------
    card : mapping
        With "trained_on", "model", "scores" and "calibration".
    """
    return [*_of_training(card), *_of_invention(card["scores"]), *_of_calibration(card)]


def _of_training(card: Mapping[str, Any]) -> list[str]:
    data = card["trained_on"]
    pixels = (
        "an unknown pixel size"
        if data["pixel_size_nm"] is None
        else f"{span(data['pixel_size_nm'])} nm a pixel"
    )
    if data["kind"] == "synthetic":
        shown = ", ".join(data["shows"])
        said = [f"Trained on drawn micrographs alone ({shown}), at {pixels}. It has seen no real micrograph."]
        known = ", ".join(degradation(data["degradation"]))
        said.append(f"Degradations that it was trained on: {known}. Any other kind or strength is outside.")
    elif data.get("drawn_clear"):
        sources = data["sources"]
        said = [
            f"Trained on real degraded micrographs of one data set ({sources['degraded']} sources) and drawn clear "
            f"ones alone ({', '.join(data['shows'])}), at {pixels}: it has never seen what your specimen looks like "
            "when it is clear. Other materials, instruments and magnifications are outside."
        ]
    else:
        sources = data["sources"]
        said = [
            f"Trained on real micrographs of one data set ({sources['degraded']} degraded and {sources['clear']} clear "
            f"sources, at {pixels}). Other materials, instruments and magnifications are outside."
        ]
    said.append(
        "Never report a feature that is seen in the restored micrograph alone, and do not compare grey levels between "
        "restored micrographs: what the degradation has wiped out cannot be known again, only guessed."
    )
    if card["model"]["normalisation"] == "instance":
        said.append(
            "The network normalises by the whole image that it is given: a crop restored alone differs from the same "
            "place in the whole micrograph."
        )
    return said


def _of_invention(scores: Mapping[str, Any]) -> list[str]:
    said, restored, own = [], scores["restored"], scores.get("clear", {})
    if {"objects_invented", "objects_missed"} <= restored.keys() & own.keys():
        said.append(
            "In restored test micrographs of spheres and particles the segmentation of the study finds "
            f"{_percent(restored['objects_invented'])} objects that match no true one and misses "
            f"{_percent(restored['objects_missed'])} of the true ones; in the clear micrographs themselves "
            f"{_percent(own['objects_invented'])} and {_percent(own['objects_missed'])}."
        )
    nulls = scores.get("null_tests", {})
    for test, name in (("empty", "an empty field"), ("noise", "pure noise")):
        if f"{test}_objects" in nulls:
            said.append(
                f"In {name} the same segmentation finds {nulls[f'{test}_objects']:.0f} objects after "
                "restoration, of contrast "
                f"{nulls[f'{test}_object_contrast']:.3f} of the grey range, and "
                f"{nulls[f'{test}_objects_before']:.0f} of "
                f"contrast {nulls[f'{test}_object_contrast_before']:.3f} before it: none of them is there."
            )
    if "clear_change" in nulls:
        changed = nulls["clear_change"]
        said.append(
            "Do not restore what is sharp already: clear micrographs are changed by "
            f"{changed:.3f} of the grey range on average."
            if changed > 0
            else "Clear micrographs are told from others and left as they are, as far as was tried."
        )
    return said


def _of_calibration(card: Mapping[str, Any]) -> list[str]:
    calibration, checks = card["calibration"], card["scores"].get("checks", {})
    if not calibration.get("flags"):
        said = ["There is no trust flag: too few micrographs of its kind to calibrate it."]
    else:
        rate = (
            f", and raised on {_percent(checks['trust_flag'])} of the test micrographs"
            if "trust_flag" in checks
            else ""
        )
        said = [
            f"The trust flag is made to be raised on at most {_percent(calibration['flag_level'])} of "
            "micrographs like the "
            f"trained ones{rate}. It sees degradations that the model does not know, not invented detail: without a "
            "flag a micrograph may still be restored wrongly."
        ]
    if calibration.get("interval_factor") is None:
        said.append("There are no intervals: no micrograph with a known truth to calibrate them.")
    elif "coverage" in checks:
        said.append(
            f"Intervals for a nominal {_percent(calibration['interval_coverage'])} of the pixels held the truth in "
            f"{_percent(checks['coverage'])} of those of the test micrographs. On other kinds of micrographs "
            "they promise nothing."
        )
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
