"""The trust figures in plain words: what each is, in which unit, and what is good or bad.

Definitions stand where the figures are computed: `semclear.restoration`,
modules inspection, residual, consistency, uncertainty and restorer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Grey values are shown as levels of an 8-bit file, which people who look at micrographs know.
LEVELS = 255

RESTORATION, READ, INPUT, TRUTH, OTHER = (
    "The restoration",
    "What the model read from the micrograph",
    "The micrograph as it came",
    "Against the known truth",
    "Other figures",
)


@dataclass(frozen=True)
class Meaning:
    """A figure for readers: heading of its group, name, unit ("grey" is shown as levels of 255), what it tells."""

    group: str
    name: str
    unit: str
    text: str


MEANINGS = {
    "uncertainty": Meaning(
        RESTORATION,
        "Disagreement of orientations",
        "",
        "How far the restorations of the turned and mirrored micrograph differ, as a share of the contrast. Low is "
        "good; high means that the network guesses. Low does not prove that it is right: it can err the same way each "
        "time.",
    ),
    "expected_gain": Meaning(
        RESTORATION,
        "Expected gain",
        "",
        "By how much the restoration is expected to be more like the specimen than your micrograph is, in structural "
        "similarity (1 is the most). Near 0, keep your micrograph.",
    ),
    "invented": Meaning(
        RESTORATION,
        "May be invented",
        "grey",
        "Structure of the restoration that your micrograph cannot support, over the whole picture; the map shows "
        "where. Low is good.",
    ),
    "similarity": Meaning(
        RESTORATION,
        "Similarity to your micrograph",
        "",
        "Structural similarity of the restoration, with the veil, to your micrograph. 1: nothing was changed.",
    ),
    "amplification": Meaning(
        RESTORATION,
        "Sharpening",
        "times",
        "How many times stronger structure of 2 to 6 pixels is than in your micrograph. Far above 2, softness of the "
        "specimen itself may have been taken for blur.",
    ),
    "redegradation_ratio": Meaning(
        RESTORATION,
        "Unexplained rest",
        "times the noise",
        "The restoration is degraded again and compared with your micrograph. About 1 is good: only noise is left "
        "over. Far above 1, the restoration does not explain the micrograph.",
    ),
    "redegradation_rms": Meaning(
        RESTORATION,
        "Unexplained rest, in grey",
        "grey",
        "The same rest as a root mean square. Low is good, but noise sets a floor.",
    ),
    "redegradation_pearson": Meaning(
        RESTORATION,
        "Agreement after degrading again",
        "",
        "Correlation of your micrograph with the restoration degraded again. Near 1 is good; below 0 the contrast is "
        "inverted.",
    ),
    "residual_correlation": Meaning(
        RESTORATION,
        "Structure in the rest",
        "",
        "Correlation of neighbouring pixels in the rest. Near 0 is good: pure noise. Near 1, real structure was lost "
        "or invented, or the degradation is of another kind than the model knows.",
    ),
    "residual_rows": Meaning(
        RESTORATION,
        "Streaks along rows in the rest",
        "",
        "1 is pure noise; large values are horizontal streaks or bands, as charging makes them, that the restoration "
        "left in or drew.",
    ),
    "residual_columns": Meaning(
        RESTORATION, "Streaks along columns in the rest", "", "The same for vertical streaks and bands."
    ),
    "hiding_amplification": Meaning(
        RESTORATION,
        "Amplification of invisible detail",
        "",
        "At most 1 is good. Far above 1, the model reproduces your micrograph from details hidden in the restoration, "
        "and agreement after degrading again means nothing.",
    ),
    "read_sigma": Meaning(
        READ,
        "Blur",
        "pixels",
        "Standard deviation of the blur that the model sees. Far from what the eye says is bad.",
    ),
    "read_transmission": Meaning(
        READ,
        "Transmission",
        "",
        "How much signal comes through the veil: 1 is no veil, 0 is nothing but veil.",
    ),
    "read_transmission_spread": Meaning(
        READ,
        "Unevenness of the veil",
        "",
        "Standard deviation of the transmission over the micrograph: 0 is an even veil.",
    ),
    "left_alone": Meaning(
        RESTORATION,
        "Left alone",
        "",
        "1: your micrograph is sharp already, and came back as it is. 0: it was restored.",
    ),
    "veil_lifted": Meaning(
        RESTORATION,
        "Veil taken off",
        "",
        "1: the veil that was read was taken off, so that greys and contrast changed. 0: they are those of your "
        "micrograph.",
    ),
    "read_airlight": Meaning(READ, "Grey of the veil", "grey", "The grey level that the veil adds."),
    "change_rms": Meaning(
        RESTORATION,
        "Change",
        "grey",
        "How far the restoration departs from your micrograph, as a root mean square: neither good nor bad by itself.",
    ),
    "change_mean": Meaning(
        RESTORATION,
        "Change of brightness",
        "grey",
        "Mean of the change. Removing a veil darkens; grey levels are not comparable before and after.",
    ),
    "output_deviation": Meaning(
        RESTORATION,
        "Spread of its grey values",
        "grey",
        "Standard deviation of the restoration. Far below that of your micrograph, its contrast was lost: discard it.",
    ),
    "input_output_pearson": Meaning(
        RESTORATION,
        "Likeness to your micrograph",
        "",
        "Correlation of the restoration with your micrograph. Below 0 the contrast is inverted: discard it.",
    ),
    "input_edge_width": Meaning(
        INPUT,
        "Width of edges",
        "pixels",
        "From 10 to 90 % of the height of the strong edges. Below about 3 pixels there is no blur to remove.",
    ),
    "input_deviation": Meaning(
        INPUT,
        "Spread of its grey values",
        "grey",
        "Standard deviation of your micrograph, structure and noise together.",
    ),
    "input_noise": Meaning(
        INPUT,
        "Noise",
        "grey",
        "Standard deviation of the noise, measured from row to row. More than usual, and the network may take noise "
        "for detail.",
    ),
    "input_contrast": Meaning(
        INPUT,
        "Contrast",
        "grey",
        "Standard deviation within squares of the micrograph. Near that of the noise there is little to restore.",
    ),
    "input_band1": Meaning(
        INPUT,
        "Structure of 16 to 33 pixels",
        "",
        "Decimal logarithm of the power of coarse structure. Neither good nor bad in itself.",
    ),
    "input_band2": Meaning(INPUT, "Structure of 8 to 16 pixels", "", "The same for middle structure."),
    "input_band3": Meaning(
        INPUT, "Structure of 4 to 8 pixels", "", "The same for fine structure: low where it is blurred."
    ),
    "input_band4": Meaning(
        INPUT,
        "Structure of 2 to 4 pixels",
        "",
        "The same for the finest structure: noise alone, unless the micrograph is sharp.",
    ),
    "input_axes": Meaning(
        INPUT,
        "Directed blur, along the axes",
        "",
        "Near 0 is a round blur; away from 0, the blur has a direction (drift, astigmatism), which the model may not "
        "know.",
    ),
    "input_diagonals": Meaning(
        INPUT, "Directed blur, along the diagonals", "", "The same for the diagonals."
    ),
    "input_rows": Meaning(
        INPUT,
        "Streaks along rows",
        "",
        "1 is none; large values are horizontal streaks, as charging makes them.",
    ),
    "input_columns": Meaning(INPUT, "Streaks along columns", "", "The same for vertical streaks."),
    "coverage": Meaning(
        TRUTH,
        "Truth within the interval",
        "",
        "Share of pixels whose interval holds the truth; good is the share it was made for.",
    ),
    "interval_width": Meaning(
        TRUTH, "Width of the interval", "grey", "Mean width. Narrow is good, if the truth lies within."
    ),
    "uncertainty_correlation": Meaning(
        TRUTH,
        "Does the uncertainty map rank the errors?",
        "",
        "1 is perfectly, 0 not at all: then the map does not show where the errors are.",
    ),
    "sparsification_area": Meaning(
        TRUTH,
        "Distance from the best ranking of errors",
        "",
        "0 is perfect; leaving out the most uncertain pixels then leaves out the worst.",
    ),
    "sigma_bias": Meaning(TRUTH, "Blur, read minus true", "pixels", "0 is right."),
    "transmission_bias": Meaning(TRUTH, "Transmission, read minus true", "", "0 is right."),
    "transmission_rms": Meaning(
        TRUTH, "Error of the transmission", "", "Root mean square over the pixels: 0 is right."
    ),
    "airlight_bias": Meaning(TRUTH, "Grey of the veil, read minus true", "grey", "0 is right."),
}
#: Said by the verdict above the table.
SAID_ELSEWHERE = ("trust_flag", "trust_p")


def meaning(check: str) -> Meaning:
    """Return what a check means; one without an explanation has its own name and says so."""
    return MEANINGS.get(
        check,
        Meaning(OTHER, check, "", "Not explained here; see the documentation of the version given below."),
    )


def written(check: str, value: float) -> str:
    """Return a check's value with three significant digits and its unit."""
    unit = meaning(check).unit
    if unit == "grey":
        value, unit = LEVELS * value, "levels"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{text} {unit}".strip().replace("-", "\N{MINUS SIGN}", 1 if value < 0 else 0)


def usual(check: str, low: float, high: float) -> str:
    """Return a range with its unit once."""
    return f"{written(check, low).split(' ')[0]} to {written(check, high)}"


def share(p: float, least: float | None) -> str:
    """Return in words how many of 100 micrographs of a model's own kind are as far out as this one.

    Parameters
    ----------
    p : float
        Of the trust flag, in (0, 1], see `semclear.restoration.checks.trust_flag.Verdict`.
    least : float or None
        The smallest p that the calibration can give, 1 / (members + 1): none of its members is as far out then, and
        p is only an upper bound. None where it is not known.
    """
    count = f"{100 * p:.0f}"
    if least is not None and p <= least:
        return f"at most {count}" if 100 * p >= 1 else "fewer than 1"
    return f"about {count}" if 100 * p >= 1 else "fewer than 1"


@dataclass(frozen=True)
class Row:
    """A line of the table: name, value, usual range ("" where unknown), "above", "below" or "" (inside), text."""

    name: str
    value: str
    usual: str
    beyond: str
    text: str


def rows(checks: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> dict[str, list[Row]]:
    """Return the lines of the table by the heading of their group, in a fixed order.

    Parameters
    ----------
    checks : mapping
        Values by name.
    limits : mapping
        Usual ranges by name, see `semclear.restoration.checks.trust_flag.Family.limits`; may be empty.
    """
    found: dict[str, list[Row]] = {group: [] for group in (RESTORATION, READ, INPUT, TRUTH, OTHER)}
    for check in [*(name for name in MEANINGS if name in checks), *sorted(set(checks) - set(MEANINGS))]:
        if check in SAID_ELSEWHERE:
            continue
        value, what, within, beyond = checks[check], meaning(check), "", ""
        if check in limits:
            low, high = limits[check]
            within = usual(check, low, high)
            beyond = "below" if value < low else "above" if value > high else ""
        found[what.group].append(Row(what.name, written(check, value), within, beyond, what.text))
    return {group: lines for group, lines in found.items() if lines}
