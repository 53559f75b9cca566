"""Numbers as people of several countries write them: wholly understood, or not taken."""

import pytest

from semclear.io.metadata.finding import length_nm, lengths_nm, number


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12.5", 12.5),
        ("12,5", 12.5),
        (" 12,5 ", 12.5),
        ("4,960938", 4.960938),
        ("0,125", 0.125),
        (".5", 0.5),
        (",5", 0.5),
        ("5.", 5.0),
        ("1.5625e-009", 1.5625e-9),
        ("1,5625E-9", 1.5625e-9),
        ("+3", 3.0),
        ("-3", -3.0),
        ("\u22123", -3.0),
        ("12.500", 12.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1'234.5", 1234.5),
        ("1\u2019234,5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234", 1234.0),
        ("\uff11\uff12\uff0e\uff15", 12.5),
        ("5000 Volt", 5000.0),
        ("5.00 kV", 5.0),
        ("25.00 K X", 25.0),
        ("12.5nm", 12.5),
        (5, 5.0),
        (5.5, 5.5),
        ("5\0", 5.0),
        # not wholly understood
        ("1,250", None),
        ("12,500", None),
        ("1,2,3", None),
        ("1.2.3", None),
        ("1,23.4,5", None),
        ("12,34.5", None),
        ("12-5", None),
        ("12/5", None),
        ("1/64", None),
        ("128x96", None),
        ("5.0-7.0", None),
        ("12.5.nm", None),
        ("12 5", None),
        ("5 nm 3", None),
        ("1e", None),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("about 5", None),
        ("~5", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_numbers(text, wanted):
    assert number(text) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        ("5um", "", 5000),
        ("5 \u00b5m", "", 5000),
        ("5 \u03bcm", "", 5000),
        ("5\u339b", "", 5000),
        ("12.5\u339a", "", 12.5),
        ("5 \u0192\u00cam", "", 5000),  # Shift JIS read as Windows-1252
        ("5 \u00a6\u00ccm", "", 5000),  # GBK read as Windows-1252
        ("5 \u00c2\u00b5m", "", 5000),  # UTF-8 read as Windows-1252
        ("0,4 mm", "", 4e5),
        ("25 nm/pixel", "", 25),
        ("0.025 um/px", "", 25),
        ("5 NM", "", 5),
        ("5 \u212b", "", 0.5),
        ("1e-9 m", "", 1),
        ("5,583 nm", "", None),
        ("5.583 nm", "", 5.583),
        ("5", "", None),
        ("5 pixels", "", None),
        ("5 nm 7", "", None),
        (5.0, "nm", 5),
        ("5,5", "\u00b5m", 5500),
        (5, "furlong", None),
        (5, "", None),
        ("5 um", "nm", 5000),  # its own unit counts
        ("5 furlong", "nm", None),
    ],
)
def test_lengths(value, unit, wanted):
    assert length_nm(value, unit) == (wanted if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0.400mm 0.300mm", (4e5, 3e5)),
        ("12.8 um 9.6 um", (12800, 9600)),
        ("12,8\u00b5m  9,6\u00b5m", (12800, 9600)),
        ("12.8\u0192\u00cam 9.6\u0192\u00cam", (12800, 9600)),
        ("400 300", (None, None)),
        ("0.4mm", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_two_lengths(text, wanted):
    assert lengths_nm(text) == tuple(part if part is None else pytest.approx(part) for part in wanted)
