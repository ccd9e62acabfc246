from __future__ import annotations

from collections.abc import Callable

import pytest

from pilot.figures import Picture, effect_picture, flow_picture, lines_picture
from pilot.i18n import LANGUAGES, Language
from pilot.look import DARK, LIGHT, MODES, Mode, Palette
from pilot.publication import Release
from pilot.wording import withheld_texts

ReleaseMaker = Callable[..., Release]
DRAW = (effect_picture, lines_picture, flow_picture)
KINDS = ("scale", "adjust", "stop", "inconclusive", "in_evaluation", "harm", "refused")


def _annotations(picture: Picture) -> list[str]:
    return [annotation.text for annotation in picture.figure.layout.annotations]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_title_alternative_and_table(
    kind: str, mode: Mode, language: Language, make_release: ReleaseMaker
) -> None:
    for draw in DRAW:
        picture = draw(make_release(kind), language, mode)
        assert picture.title.endswith("。" if language == "zh" else ".")
        assert picture.title in picture.alternative
        assert len(picture.table)
        assert picture.figure.layout.title.text is None


def test_interval_stands_where_the_release_says(make_release: ReleaseMaker) -> None:
    figure = effect_picture(make_release("scale"), "en").figure
    bars = [trace for trace in figure.data if trace.mode == "lines" and trace.line.width == 8]
    assert [list(bar.x) for bar in bars] == [[0.14, 0.4]]
    assert list(figure.data[0].x) == [0.0, 0.0]
    assert list(figure.data[1].x) == [0.15, 0.15]


def test_drift_is_a_paler_and_wider_band(make_release: ReleaseMaker) -> None:
    plain = effect_picture(make_release("scale"), "en")
    drifting = effect_picture(make_release("scale", design="comparison"), "en")
    bands = [trace for trace in drifting.figure.data if trace.line.width == 22]
    assert len(bands) == 1
    assert list(bands[0].x) == pytest.approx([0.05, 0.49])
    assert len(drifting.notes) == len(plain.notes) + 1
    assert not [trace for trace in plain.figure.data if trace.line.width == 22]


@pytest.mark.parametrize("kind", KINDS)
def test_marks_lie_inside_and_leave_room_for_their_labels(kind: str, make_release: ReleaseMaker) -> None:
    figure = effect_picture(make_release(kind), "en").figure
    left, right = figure.layout.xaxis.range
    where = {value: (value - left) / (right - left) for value in (0.0, 0.15)}
    assert where[0.0] >= 0.2
    assert where[0.15] <= 0.67
    for trace in figure.data:
        assert all(left < x < right for x in trace.x)


def test_refused_effect_draws_no_interval(make_release: ReleaseMaker) -> None:
    picture = effect_picture(make_release("refused"), "zh")
    assert len(picture.figure.data) == 2
    assert "无法估计" in _annotations(picture)


def test_comparison_stands_beside_the_pilot(make_release: ReleaseMaker) -> None:
    figure = lines_picture(make_release(), "en").figure
    assert [trace.name for trace in figure.data] == ["Pilot", "Comparison"]
    assert len({trace.line.dash for trace in figure.data}) == 2
    assert len({trace.marker.symbol for trace in figure.data}) == 2


def test_waves_are_named_in_words(make_release: ReleaseMaker) -> None:
    axis = lines_picture(make_release(), "zh").figure.layout.xaxis
    assert list(axis.ticktext)[:3] == ["基线 1", "基线 2", "脉搏 1"]
    assert list(axis.tickvals)[:3] == [-12, 0, 4]


def test_withheld_points_are_absent_and_said(make_release: ReleaseMaker) -> None:
    picture = lines_picture(make_release(withheld_waves=("pulse_2", "endline")), "zh")
    pilot, comparison = picture.figure.data
    assert [y is None for y in pilot.y].count(True) == 2
    assert pilot.connectgaps is False
    assert None not in comparison.y
    assert "脉搏 2（试点）不显示：人数太少。" in picture.notes
    assert "不显示：人数太少" in set(picture.table.to_numpy().ravel())
    assert "脉搏 5" in picture.title  # the endline is not quoted when it is not shown


def test_pilot_alone_says_that_nobody_is_compared(make_release: ReleaseMaker) -> None:
    release = make_release("inconclusive", design="before_after")
    picture = lines_picture(release, "en")
    assert [trace.name for trace in picture.figure.data] == ["Pilot"]
    assert list(picture.figure.data[0].x)[:2] == [-12, 0]
    assert "nobody is compared" in picture.title
    assert list(flow_picture(release, "en").table.columns) == ["Step", "Pilot"]


def test_starts_in_turns_are_marked_and_the_diluted_line_is_explained(make_release: ReleaseMaker) -> None:
    picture = lines_picture(make_release(design="staggered"), "en")
    assert [shape.x0 for shape in picture.figure.layout.shapes] == [0, 12]
    assert [note.text for note in picture.figure.layout.annotations] == ["launch", "next start"]
    assert any("also before their own start" in note for note in picture.notes)
    at_once = lines_picture(make_release(), "en")
    assert [shape.x0 for shape in at_once.figure.layout.shapes] == [0]
    assert not any("also before their own start" in note for note in at_once.notes)


def test_hatched_bars_do_not_tell_the_number(make_release: ReleaseMaker) -> None:
    picture = flow_picture(make_release(few_leavers=True), "en")
    hatched = [trace for trace in picture.figure.data if trace.marker.pattern.shape]
    lengths = {x for trace in hatched for x in trace.x if x is not None}
    assert len(lengths) == 1
    shown = next(trace for trace in picture.figure.data if trace.name == "Pilot" and not trace.marker.pattern.shape)
    assert [x is None for x in shown.x] == [False, True, False, False, True, False]
    assert withheld_texts("en") & set(picture.table["Pilot"])
    assert any("Hatched" in note for note in picture.notes)
    assert not flow_picture(make_release(), "en").notes


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read(colours: Palette) -> None:
    for role in ("ink", "quiet"):
        assert _contrast(getattr(colours, role), colours.paper) >= 4.5
    for role in ("pilot", "comparison", "worthwhile", "good", "harm", "uncertain"):  # marks and large words
        assert _contrast(getattr(colours, role), colours.paper) >= 3
