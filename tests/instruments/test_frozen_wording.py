"""A changed question is another question: it gets a new id, or the deviation is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import PilotError
from pilot.instruments import Instruments
from pilot.instruments.wording import rewordings
from pilot.plan import PilotFolder, PlanAnswers, record_deviation, seal_plan, write_plan

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@given(st.data())
def test_only_what_changed_is_named(shipped: Instruments, data: st.DataObject) -> None:
    page = shipped.by_id[data.draw(st.sampled_from(sorted(shipped.by_id)))]
    place = data.draw(st.integers(0, len(page.items) - 1))
    item = page.items[place]
    text = item.text.model_copy(update={data.draw(st.sampled_from(["zh", "en"])): "另一句 another one"})
    update = data.draw(st.sampled_from([{"reversed": not item.reversed}, {"text": text}, {"instructed": 77}]))
    items = (*page.items[:place], item.model_copy(update=update), *page.items[place + 1 :])
    changed = Instruments({**shipped.by_id, page.id: page.model_copy(update={"items": items})})
    assert list(rewordings(shipped, shipped)) == []
    assert [each.id for each in rewordings(shipped, changed)] == [item.id]


def test_other_answers_change_every_item_that_has_them(shipped: Instruments) -> None:
    page = shipped.by_id["control"]
    answers = {"agreement": page.answers["agreement"].model_copy(update={"highest": 7})}
    changed = Instruments({"control": page.model_copy(update={"answers": answers})})
    assert [each.id for each in rewordings(shipped, changed)] == [item.id for item in page.items]


@pytest.fixture
def sealed(folder: PilotFolder, page: Callable[..., Path]) -> Callable[..., None]:
    """Seal a plan with the page, then put the changed page in its place and record a deviation."""
    teams = tuple(f"T{number}" for number in range(10))
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=teams))
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("  - development\n", "  - development\n  - own.yaml\n"), "utf-8")
    own = folder.path / "own.yaml"
    own.write_text(page().read_text("utf-8"), "utf-8")
    seal_plan(folder, NOW, 1)

    def change(*changes: tuple[str, str]) -> None:
        own.write_text(page(*changes).read_text("utf-8"), "utf-8")
        record_deviation(folder, "Because.", NOW)

    return change


@pytest.mark.parametrize(
    ("change", "item", "what"),
    [
        (("我有劲头。", "我很有劲头。"), "own_first", "its text"),
        (("en: I sleep well.", "en: I sleep very well."), "own_second", "its text"),
        (("    reversed: yes\n", ""), "own_third", "its keying"),
        (("zh: 为什么？", "zh: 究竟为什么？"), "own_why", "its text"),
        (("3: {zh: 说不准", "3: {zh: 一般"), "own_read", "what can be answered to it"),
    ],
)
def test_an_id_is_not_reworded(change: tuple[str, str], item: str, what: str, sealed: Callable[..., None]) -> None:
    with pytest.raises(PilotError) as refused:
        sealed(change)
    told = [str(fault.place) for fault in refused.value.faults if what in fault.text("en")]
    assert f"instruments.own {item}" in told
    assert "Give it a new id" in str(refused.value)


def test_items_may_be_dropped_added_and_renamed(sealed: Callable[..., None]) -> None:
    sealed(("id: own_first", "id: own_first_b"), ("我有劲头。", "我很有劲头。"))


def test_an_id_that_was_dropped_does_not_come_back_as_another_question(sealed: Callable[..., None]) -> None:
    sealed(("id: own_first", "id: own_first_b"))
    with pytest.raises(PilotError, match="own_first"):
        sealed(("我有劲头。", "我很有劲头。"))


def test_a_check_is_no_outcome(folder: PilotFolder, sealed: Callable[..., None]) -> None:
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("    - development_binding", "    - own_check"), "utf-8")
    with pytest.raises(PilotError, match="never scored"):
        sealed()
