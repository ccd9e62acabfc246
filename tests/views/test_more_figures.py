from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.figures import (
    Picture,
    dots_picture,
    fidelity_picture,
    hours_picture,
    intervals_picture,
    ledger_picture,
    loop_picture,
)
from pilot.figures.dots import marks_of_100
from pilot.i18n import LANGUAGES, Language
from pilot.look import MODES, Mode
from pilot.publication import Release, ShownBias
from pilot.publication.promise import Outlook
from pilot.wording import withheld_texts
from pilot.wording.trust import ledger_sentence

ReleaseMaker = Callable[..., Release]
DRAW = (dots_picture, fidelity_picture, hours_picture, intervals_picture, ledger_picture, loop_picture)


def drawn(picture: Picture | None) -> Picture:
    assert picture is not None
    return picture


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["scale", "harm", "refused", "in_evaluation"])
def test_every_picture_has_title_alternative_and_table(
    kind: str, mode: Mode, language: Language, make_release: ReleaseMaker
) -> None:
    for draw in DRAW:
        picture = drawn(draw(make_release(kind), language, mode))
        assert picture.title.endswith("。" if language == "zh" else ".")
        assert picture.title in picture.alternative
        assert len(picture.table)
        assert picture.figure.layout.title.text is None


def test_nothing_is_drawn_of_what_the_release_lacks(make_release: ReleaseMaker) -> None:
    release = make_release(full=False)
    assert [draw(release, "en") for draw in (dots_picture, hours_picture, ledger_picture, loop_picture)] == [None] * 4


def test_a_field_has_100_marks_and_each_word_its_share(make_release: ReleaseMaker) -> None:
    figure = drawn(dots_picture(make_release(), "en")).figure
    nothing = {trace.name: len([x for x in trace.x if x is not None]) for trace in figure.data[:4]}
    assert nothing == {"Scale": 3, "Adjust and extend": 1, "Stop": 33, "Inconclusive": 63}
    places = [(x, y) for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True) if x is not None]
    assert len(set(places)) == 200
    assert len({trace.marker.symbol for trace in figure.data}) == 4


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda shares: sum(shares) > 0.01))
def test_marks_are_always_100_and_what_happens_is_never_nothing(weights: list[float]) -> None:
    scale, adjust, stop, inconclusive = (weight / sum(weights) for weight in weights)
    outlook = Outlook(code="nothing", points=0, scale=scale, adjust=adjust, stop=stop, inconclusive=inconclusive)
    marks = marks_of_100(outlook)
    assert sum(marks.values()) == 100
    for word, share in zip(
        ("scale", "adjust", "stop", "inconclusive"), (scale, adjust, stop, inconclusive), strict=True
    ):
        assert (marks[word] > 0) == (share > 0)
        assert abs(marks[word] - 100 * share) < 4


def test_the_comparison_stands_beside_the_pilot_in_every_row(make_release: ReleaseMaker) -> None:
    figure = drawn(loop_picture(make_release(), "en")).figure
    assert [trace.name for trace in figure.data] == ["Pilot", "Comparison"] * 4
    assert list(figure.layout.xaxis.range) == pytest.approx([-2, 106])
    goals = figure.data[-2]
    assert list(goals.x) == [31, 84]
    assert list(goals.marker.symbol) == ["circle-open", "circle"]


def test_a_withheld_mechanism_is_hatched_and_says_why(make_release: ReleaseMaker) -> None:
    picture = drawn(loop_picture(make_release(withheld_practice=True), "en"))
    hatched = [trace for trace in picture.figure.data if trace.type == "bar"]
    assert [trace.marker.pattern.shape for trace in hatched] == ["/"]
    assert withheld_texts("en") & set(picture.table["Before the launch"])
    assert any("Hatched" in note for note in picture.notes)
    assert "3 of 3 parts" in picture.title
    assert "0.31" not in set(picture.table["Before the launch"])  # hours have a picture of their own


def test_pilot_alone_is_compared_with_nobody(make_release: ReleaseMaker) -> None:
    picture = drawn(loop_picture(make_release("inconclusive", design="before_after"), "en"))
    assert "nobody can be compared" in picture.title
    assert {trace.name for trace in picture.figure.data} == {"Pilot"}


def test_the_floor_is_marked_where_the_plan_puts_it(make_release: ReleaseMaker) -> None:
    figure = drawn(fidelity_picture(make_release(), "en")).figure
    assert list(figure.data[1].x) == [78]
    assert list(figure.data[2].x) == [60, 60]


def test_intervals_stand_in_the_order_of_the_plan(make_release: ReleaseMaker) -> None:
    picture = drawn(intervals_picture(make_release("scale"), "en"))
    lines = [list(trace.x) for trace in picture.figure.data if trace.mode == "lines"]
    assert lines == [[0.14, 0.4], [0.09, 0.39], [-0.05, 0.27]]
    assert picture.title == "Beside Engagement nothing moved that can be told from no effect."


def test_the_ledger_names_what_would_turn_the_verdict_and_hides_what_is_withheld(make_release: ReleaseMaker) -> None:
    picture = drawn(ledger_picture(make_release("scale", design="comparison"), "en"))
    looks, needed = picture.figure.data
    assert list(looks.x) == [0.03, 0.09, 0.06]
    assert list(needed.x) == [0.13, 0.14, 0.05]
    assert "picked for its scores" in picture.title
    assert "Two units drift" not in picture.title
    assert withheld_texts("en") & set(picture.table["Looks like"])


@pytest.mark.parametrize(
    ("looks", "needed", "turns"), [(0.1, 0.2, False), (0.2, 0.2, True), (-0.3, 0.2, False), (-0.3, -0.2, True)]
)
def test_an_error_turns_the_verdict_only_in_its_own_direction(
    looks: float, needed: float, turns: bool, make_release: ReleaseMaker
) -> None:
    bias = ShownBias(code="novelty", looks_like=looks, overturns_at=needed)
    release = make_release().model_copy(update={"biases": (bias,)})
    assert ledger_sentence(release, "en").startswith("Large enough") == turns
