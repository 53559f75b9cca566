"""The card of a release for people, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semclear.evaluation.release.limits import degradation, span
from semclear.files import quoted

METHODS = {
    "cyclegan": "CycleGAN: two generators and two discriminators, trained without pairs",
    "cyclegan-physics": "CycleGAN whose degrading generator is the degradation's formula, trained without pairs",
    "instrument": "trained without pairs on pairs of its own: clear micrographs and what an instrument, drawn or read "
    "from degraded ones, makes of them",
    "paired": "the restoring generator alone, trained with pairs",
}
SHARES = ("invented_energy", "objects_found", "objects_missed", "objects_invented", "trust_flag", "coverage")
NAMES = {
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "psnr_affine": "PSNR after an affine grey fit (dB)",
    "frc_resolution": "resolution by Fourier ring correlation (px)",
    "invented_energy": "invented energy (%)",
    "objects_found": "objects found (%)",
    "objects_missed": "objects missed (%)",
    "objects_invented": "objects invented (%)",
    "ag": "AG",
    "con": "CON",
    "sf": "SF",
    "trust_flag": "flagged (%)",
    "coverage": "interval coverage (%)",
    "interval_width": "interval width (grey)",
    "redegradation_pearson": "re-degraded restoration to input, Pearson",
    "redegradation_ratio": "its RMS residual over the noise",
    "hiding_amplification": "hiding amplification",
}

NULL_TESTS = {"empty": "empty field", "noise": "pure noise", "clear": "already clear"}
#: Measure of a null test to its name and format; grey in shares of the grey range.
NULL_MEASURES = {
    "change": ("grey changed, mean", "{:.4f}"),
    "shift": ("the same, signed", "{:+.4f}"),
    "invented": ("structure added (grey)", "{:.4f}"),
    "objects": ("objects found, all invented", "{:.0f}"),
    "objects_before": ("the same before restoring", "{:.0f}"),
    "object_contrast": ("their contrast (grey)", "{:.4f}"),
    "object_contrast_before": ("the same before restoring", "{:.4f}"),
    "objects_invented": ("share of the objects found that is invented", "{:.1%}"),
    "objects_invented_before": ("the same before restoring", "{:.1%}"),
    "objects_missed": ("share of the true objects that is missed", "{:.1%}"),
    "objects_missed_before": ("the same before restoring", "{:.1%}"),
}


def render(card: Mapping[str, Any]) -> str:
    """Return a model card.

    Parameters
    ----------
    card : mapping
        As `assemble.card_of` makes it.

    Returns
    -------
    str
        Markdown: what it is, what it was trained on, scores, calibration,
        limits, use, provenance. Equal cards give equal text.
    """
    name = card["name"]
    parts = [
        f"# Model {name}",
        f"A network that restores degraded SEM micrographs ({METHODS.get(card['method'], card['method'])}), "
        "in one file: "
        f"`{name}.semclear`. The file holds weights and numbers, no code.",
        _use(name),
        "## Limits\n\n" + "\n".join(f"- {sentence}" for sentence in card["limits"]),
        "## Trained on\n\n" + _rows(_trained_on(card)),
        "## Scores\n\n" + _scores(card["scores"]),
        "## Calibration\n\n" + _rows(_calibration(card["calibration"])),
        "## Provenance\n\n" + _rows(_provenance(card)),
    ]
    return "\n\n".join(parts) + "\n"


def _use(name: str) -> str:
    return (
        "## Use\n\n"
        f"    semclear restore micrographs/*.tif -o restored --model {quoted(f'{name}.semclear')}\n\n"
        "For degraded micrographs of the kind described below, to see more in them. Not for measuring what "
        "the degraded "
        "micrograph does not show, not for what is sharp already, and not as evidence by itself: keep the "
        "original, show it "
        "beside the restored one, and read the flag and the maps that come with it."
    )


def _rows(pairs: Sequence[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| :-- | :-- |", *(f"| {key} | {value} |" for key, value in pairs)])


def _trained_on(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    data, training = card["trained_on"], card["training"]
    counts, sources = data["micrographs"], data["sources"]
    rows = [
        ("data set", f"{data['data_set']} ({data['kind']})"),
        ("micrographs", f"{counts['degraded']} degraded and {counts['clear']} clear, no pairs among them"),
        ("sources", f"{sources['degraded']} and {sources['clear']}, none in both"),
        *([("clear micrographs", "drawn, none of them real")] if data.get("drawn_clear") else []),
        ("shown", ", ".join(data["shows"]) or "not recorded"),
        ("side of the micrographs", f"{span(data['size'], 5)} px"),
        ("pixel size", "unknown" if data["pixel_size_nm"] is None else f"{span(data['pixel_size_nm'])} nm"),
    ]
    rows += [
        ("degradation", "<br>".join(degradation(data["degradation"])) or "as in the micrographs, not known")
    ]
    count = max(1, round(training["budget"] * training["epochs"]))
    epochs = f"{count} epochs of {training['steps_per_epoch']} steps"
    rows += [
        ("scale", card["scale"]),
        ("training", f"{epochs}, {training['batch']} crops of {training['crop']} px each"),
        ("seeds", f"{training['study_seed']} of the study, {training['seed']} of the training"),
    ]
    if (start := training.get("start")) is not None:
        said = f"{start['name']}, sha256 `{start['sha256']}`" if "name" in start else start["weights_sha256"]
        rows.append(("started from", said))
    if "recoveries" in training:  # older bundles say nothing of it
        rows.append(("recoveries", "<br>".join(map(_recovery, training["recoveries"])) or "none"))
    return rows


def _recovery(values: Mapping[str, Any]) -> str:
    """Return how a training went back from a loss gone astray, in words."""
    terms = ", ".join(f"{name} {value}" for name, value in values["terms"].items())
    place = f"epoch {values['back_to']}" if values["back_to"] else "the beginning"
    return (
        f"epoch {values['epoch']}, step {values['step']}: {values['kind']} ({terms}); back to {place}, from there with "
        f"{values['rate']:g} of the learning rates"
    )


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}" if name in SHARES else f"{value:.3f}"


def _scores(scores: Mapping[str, Any]) -> str:
    given, restored, clear = (scores.get(key, {}) for key in ("degraded", "restored", "clear"))
    lines = [f"Means over {scores['micrographs']} test micrographs, whose sources no training saw.", ""]
    lines += ["| | degraded | restored | clear truth |", "| :-- | --: | --: | --: |"]
    for name in filter(restored.__contains__, NAMES):
        numbers = " | ".join(_number(name, values.get(name)) for values in (given, restored, clear))
        lines.append(f"| {NAMES[name]} | {numbers} |")
    better = scores.get("better", {})
    if better:
        won = " and ".join(f"{count} in {NAMES[name]}" for name, count in sorted(better.items()))
        lines += ["", f"Better restored than degraded: of {scores['micrographs']} micrographs {won}."]
    else:
        lines += [
            "",
            "Without a truth; AG, CON and SF rise with noise and invented texture, so that higher is no success.",
        ]
    if scores.get("checks"):
        lines += [
            "",
            _rows([(NAMES[n], _number(n, scores["checks"][n])) for n in NAMES if n in scores["checks"]]),
        ]
    if scores.get("null_tests"):
        lines += ["", *_nulls(scores["null_tests"])]
    return "\n".join(lines)


def _nulls(values: Mapping[str, float]) -> list[str]:
    shown = [test for test in NULL_TESTS if f"{test}_change" in values]
    lines = [
        "Null tests: what it makes of micrographs in which there is nothing to restore.",
        "",
        "| | " + " | ".join(NULL_TESTS[test] for test in shown) + " |",
        "| :-- |" + " --: |" * len(shown),
    ]
    for measure, (name, form) in NULL_MEASURES.items():
        found = [values.get(f"{test}_{measure}") for test in shown]
        if any(value is not None for value in found):
            cells = ["-" if value is None else form.format(value) for value in found]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _calibration(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [("mean over orientations", str(values.get("orientations", 8)) if values["ensemble"] else "no")]
    if values.get("flag_members"):
        rows += [
            (
                "trust flag",
                f"by {values['flag_members']} micrographs like the trained ones, level {values['flag_level']:g}",
            ),
            ("checks", ", ".join(values["flag_checks"])),
            ("tiles", f"{values['tile']} px"),
        ]
    if values.get("interval_factor") is not None:
        rows.append(
            (
                "intervals",
                f"restored +- {values['interval_factor']:.4g} (uncertainty + half a level of 255), for "
                f"{100 * values['interval_coverage']:g} % of the pixels, by {values['interval_micrographs']} "
                "micrographs",
            )
        )
    if "invention" in values:
        factors = zip(values["invention"]["unsupported"], values["invention"]["spread"], strict=True)
        rows.append(
            (
                "what may be invented",
                f"by {values['told_by']} micrographs; of four octaves, finest first, times what noise and blur do not "
                "support and times the disagreement of orientations: "
                + "; ".join(f"{own:.3g} and {other:.3g}" for own, other in factors),
            )
        )
    if "gain" in values:
        gain = values["gain"]
        rows.append(
            (
                "expected gain",
                f"{gain['factor']:.3g} of what similarity lacks to 1 (less below {gain['full_sigma']:g} px of blur); "
                f"recommended above {gain['margin']:.3g}, from {gain['least_sigma']:g} px of blur, where the change is "
                f"{gain['least_change']:g} times the disagreement of orientations and structure of 2 to 6 px is raised "
                f"{gain['most_amplified']:g} times at most",
            )
        )
    if "choosing" in values:
        limits = values["choosing"]
        rows.append(
            (
                "what is chosen",
                f"a veil is taken off below a mean transmission of {limits['veil_found']:g}; left alone is what has "
                f"less than {limits['sharp_sigma']:g} px of blur and less noise than {100 * limits['sharp_noise']:g} % "
                "of the grey range",
            )
        )
    return rows


def _provenance(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    commit = card["commit"] or "not known"
    if card["commit"] and card["uncommitted_changes"]:
        commit += ", with changes that were not committed"
    rows = [(f"SHA-256 of the {role}", f"`{digest}`") for role, digest in sorted(card["sha256"].items())]
    versions = ", ".join(f"{name} {number}" for name, number in sorted(card["versions"].items()))
    return [("commit", commit), ("made with", versions), *rows]
