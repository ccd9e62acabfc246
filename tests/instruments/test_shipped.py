"""The suggested set: in order by its own editor, and as the plan and the waves need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilot.i18n import LANGUAGES
from pilot.instruments import Instruments, read_form, shipped_forms
from pilot.instruments.editor import edit
from pilot.resources import shipped_pages

FORMS = sorted(shipped_pages("surveys/forms"))
IDS_IN_USE = {
    "engagement": (
        *("eng_energy_start", "eng_energy_hard", "eng_meaning", "eng_pride", "eng_absorbed"),
        "eng_drained",
    ),
    "development": ("dev_next_step", "dev_opportunity", "dev_plan_used"),
}


def test_the_editor_has_nothing_against_it(shipped: Instruments) -> None:
    opinion = edit([*shipped_pages("surveys").values(), *shipped_pages("surveys/forms").values()], shipped)
    assert opinion.faults == opinion.warnings == opinion.notes == ()


def test_pages_are_called_as_their_ids(shipped: Instruments) -> None:
    assert list(shipped.by_id) == list(shipped_pages("surveys"))
    assert list(shipped_forms()) == FORMS


@pytest.mark.parametrize("name", FORMS)
def test_no_form_takes_longer_than_it_says(name: str) -> None:
    form = read_form(name, Path())
    assert all(0 < form.minutes(language) <= form.form.at_most_minutes for language in LANGUAGES)


@pytest.mark.parametrize("name", IDS_IN_USE)
def test_items_of_the_default_plan_stay(name: str, shipped: Instruments) -> None:
    assert tuple(item.id for item in shipped.by_id[name].items) == IDS_IN_USE[name]


def test_the_endline_begins_as_the_baseline() -> None:
    """So that a wave differs from another by its answers only."""
    baseline, endline = read_form("baseline", Path()), read_form("endline", Path())
    assert endline.items[: len(baseline.items)] == baseline.items


def test_the_follow_up_keeps_the_order_of_the_baseline() -> None:
    baseline = [item.id for item in read_form("baseline", Path()).items]
    places = [baseline.index(item.id) for item in read_form("follow_up", Path()).items]
    assert places == sorted(places)


def test_a_pulse_is_eight_questions() -> None:
    form = read_form("pulse", Path())
    assert [block.scale_id for block in form.blocks] == ["engagement", "feedback_frequency", "burden"]
    assert len(form.items) == 8


def test_every_construct_has_a_source_with_a_year(shipped: Instruments) -> None:
    for scale in shipped.scales.values():
        assert any(part.strip(",;").isdigit() and len(part.strip(",;")) == 4 for part in scale.construct_source.split())


def test_every_scale_is_asked_in_some_form(shipped: Instruments) -> None:
    assert {block.scale_id for form in shipped_forms().values() for block in form.blocks} == set(shipped.scales)
