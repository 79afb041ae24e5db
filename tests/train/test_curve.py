"""Curves without a drawing library."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from medreward.train.curve import smoothed, svg_curve, terminal_curve


def test_windows_are_averaged_the_last_one_too() -> None:
    assert smoothed([1, 3, 5, 7, 9], 2) == [2, 6, 9]


def test_columns_are_as_high_as_their_values() -> None:
    rows = terminal_curve([0.0, 0.5, 1.0, 2.0, 9.0], 2.0, height=4).splitlines()
    assert rows == ["  2.0 |   ██", "  1.5 |   ██", "  1.0 |  ███", "  0.5 | ████"]


def test_the_picture_is_xml_with_a_line_a_series_and_text_made_safe() -> None:
    root = ET.fromstring(svg_curve({"reward": [0.0, 1.0, 2.0], "a<b": [1.0, 1.0]}, 2.0, "R & D"))  # noqa: S314 - ours
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 2]
    first, last = (lines[0].attrib["points"].split()[at].split(",") for at in (0, -1))
    assert float(first[1]) > float(last[1])  # higher values stand higher
    assert "R & D" in "".join(root.itertext())
