"""How long a form takes: the parts add up, and more never takes less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.i18n import LANGUAGES
from pilot.instruments import ComposedForm, Form, Instruments
from pilot.instruments.form import Section, compose
from pilot.instruments.reading_time import CHARACTERS_A_MINUTE, WORDS_A_MINUTE, reading_minutes


def form_of(scales: tuple[str, ...], shipped: Instruments, more: tuple[str, ...] = ()) -> ComposedForm:
    both = {"zh": "题", "en": "Form"}
    content = {
        **dict.fromkeys(("title", "introduction"), both),
        **{"format": 1, "id": "own", "audience": "employee", "occasion": "any", "at_most_minutes": 5},
        "sections": (Section(heading=both, scales=scales, open_questions=more),),
    }
    return compose(Form.model_validate(content), shipped)


@given(st.integers(0, 500), st.integers(0, 500))
def test_characters_and_words_are_read_at_their_own_speed(n_characters: int, n_words: int) -> None:
    text = "劲" * n_characters + " " + "word " * n_words
    assert reading_minutes(text) == pytest.approx(n_characters / CHARACTERS_A_MINUTE + n_words / WORDS_A_MINUTE)


@given(st.text(alphabet="，。；？！“”、 .,;:()…—", max_size=50))
def test_punctuation_takes_no_time(text: str) -> None:
    assert reading_minutes(text) == 0


@given(st.data())
def test_more_questions_take_longer(shipped: Instruments, data: st.DataObject) -> None:
    scales = tuple(data.draw(st.lists(st.sampled_from(sorted(shipped.scales)), min_size=2, max_size=8, unique=True)))
    longer, shorter = form_of(scales, shipped), form_of(scales[:-1], shipped)
    assert all(longer.minutes(language) > shorter.minutes(language) for language in LANGUAGES)


def test_labels_are_read_once(shipped: Instruments) -> None:
    """A second scale with the same answers costs its items and two seconds each, and no labels."""
    alone, added = form_of(("control",), shipped), form_of(("control", "commute"), shipped)
    items = sum(reading_minutes(item.text.en) for item in shipped.items_of("commute"))
    assert added.minutes("en") - alone.minutes("en") == pytest.approx(items + 3 * 2 / 60)


def test_an_answer_in_own_words_takes_longest(shipped: Instruments) -> None:
    asked = form_of(("goal_alignment",), shipped, ("cyc_development",))
    gap = asked.minutes("zh") - form_of(("goal_alignment",), shipped).minutes("zh")
    assert gap == pytest.approx(15 / 60 + reading_minutes("这个周期，我得到了什么发展？"))
