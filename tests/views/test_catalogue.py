"""The Chinese texts are complete. `make messages` collects the sentences anew; then translate what is empty."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PO = ROOT / "pilot" / "locale" / "zh" / "LC_MESSAGES" / "messages.po"


@pytest.fixture(scope="module")
def used() -> set[str]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as config:
        method_map, options_map = parse_mapping_cfg(config)
    keywords = {"message": None, "_": None, "gettext": None}
    found = extract_from_dir(str(ROOT), method_map, options_map, keywords)
    return {str(entry[2]) for entry in found}


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file)


def _places(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


def test_every_message_is_translated(used: set[str], chinese: Catalog) -> None:
    translated = {entry.id for entry in chinese if entry.id and entry.string}
    assert sorted(used - translated) == []


def test_no_message_is_left_over(used: set[str], chinese: Catalog) -> None:
    assert sorted({entry.id for entry in chinese if entry.id} - used) == []
    assert not chinese.obsolete


def test_nothing_is_fuzzy(chinese: Catalog) -> None:
    assert [entry.id for entry in chinese if entry.id and entry.fuzzy] == []


def test_places_are_the_same_in_both_languages(chinese: Catalog) -> None:
    unequal = [entry.id for entry in chinese if entry.id and _places(entry.id) != _places(entry.string)]
    assert unequal == []


def test_chinese_sentences_end_as_chinese_sentences(chinese: Catalog) -> None:
    ends = {".": "。", "?": "？", ":": "："}
    for entry in chinese:
        if entry.id and entry.id[-1] in ends:
            assert entry.string.endswith((ends[entry.id[-1]], "？", "）？")), entry.id


def test_extraction_sees_templates_too(used: set[str]) -> None:
    assert "What the verdict rests on" in used
    assert "This pilot could not tell." in used
