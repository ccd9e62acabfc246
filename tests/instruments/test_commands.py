"""`pilot survey list | show | check | preview`, as they are typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pilot.instruments import Instruments, shipped_forms
from pilot.resources import shipped_pages


def test_list_names_everything(command: Callable[..., object], shipped: Instruments) -> None:
    run = command("survey", "list")
    assert run.code == 0
    for name in (*shipped.by_id, *shipped_forms()):
        assert name in run.out


@pytest.mark.parametrize("name", [*shipped_pages("surveys"), *shipped_pages("surveys/forms")])
def test_show_says_every_question(name: str, command: Callable[..., object], shipped: Instruments) -> None:
    run = command("survey", "show", name)
    assert run.code == 0
    items = shipped.by_id[name].items if name in shipped.by_id else shipped_forms()[name].items
    flat = "".join(run.out.split())
    for item in items:
        assert item.id in run.out
        assert "".join(item.text.zh.split())[:6] in flat


def test_show_in_one_language(command: Callable[..., object]) -> None:
    run = command("survey", "show", "control", "--lang", "en")
    assert "laid down by others" in run.out
    assert "别人" not in run.out


def test_show_a_page_of_ones_own(command: Callable[..., object], page: Callable[..., Path]) -> None:
    assert "own_third" in command("survey", "show", page()).out


def test_an_unknown_name_gets_a_sentence(command: Callable[..., object]) -> None:
    for run in (command("survey", "show", "nothing"), command("survey", "preview", "nothing")):
        assert run.code == 1
        assert "“nothing”" in run.err


def test_check_of_all_that_ships(command: Callable[..., object]) -> None:
    run = command("survey", "check")
    assert (run.code, run.err) == (0, "")


def test_check_ends_in_one_on_faults_and_in_zero_on_warnings(
    command: Callable[..., object], page: Callable[..., Path]
) -> None:
    warned = command("survey", "check", page(("我有劲头。", "我有劲头，而且开心。")))
    assert warned.code == 0
    assert "own.yaml" in warned.out
    assert "two things at once" in warned.out
    broken = command("survey", "check", page(("我有劲头。", "Energy.")), "absent.yaml")
    assert broken.code == 1
    assert "is not Chinese" in broken.err
    assert "absent.yaml" in broken.err


def test_check_says_more_faults_than_a_screen_holds(command: Callable[..., object], page: Callable[..., Path]) -> None:
    pages = [page(("我有劲头。", "Energy."), name=f"own{number}.yaml") for number in range(30)]
    run = command("survey", "check", *pages)
    assert run.err.count("is not Chinese") == 30


def test_preview_writes_one_file(command: Callable[..., object], tmp_path: Path) -> None:
    out = tmp_path / "pulse.html"
    assert command("survey", "preview", "pulse", "--out", out).code == 0
    assert list(tmp_path.iterdir()) == [out]
    refused = command("survey", "preview", "pulse", "--out", tmp_path / "none" / "pulse.html")
    assert refused.code == 1
    assert "no such folder" in refused.err
