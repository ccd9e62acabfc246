"""Pages that are right, and the same with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pilot.instruments import Instruments, read_instruments
from pilot.instruments.editor import Opinion, edit
from pilot.resources import shipped_pages

PAGE = """format: 1
id: own
title: {zh: 自有问卷, en: Own questionnaire}
answers:
  agreement:
    lowest: 1
    highest: 5
    anchors:
      1: {zh: 不同意, en: Disagree}
      3: {zh: 说不准, en: Neither}
      5: {zh: 同意, en: Agree}
scales:
  - id: own_energy
    name: {zh: 劲头, en: Energy}
    construct_source: "none"
  - id: own_check
    name: {zh: 读题, en: Reading}
    kind: check
    construct_source: "none"
items:
  - id: own_first
    scale: own_energy
    answers: agreement
    text: {zh: 我有劲头。, en: I have energy.}
  - id: own_second
    scale: own_energy
    answers: agreement
    text: {zh: 我睡得好。, en: I sleep well.}
  - id: own_third
    scale: own_energy
    answers: agreement
    reversed: yes
    text: {zh: 我觉得累。, en: I feel tired.}
  - id: own_read
    scale: own_check
    answers: agreement
    instructed: 5
    text: {zh: 这题请选“同意”。, en: Please choose “Agree” here.}
open_questions:
  - id: own_why
    text:
      zh: 为什么？
      en: Why?
"""


@pytest.fixture(scope="session")
def shipped() -> Instruments:
    return read_instruments(shipped_pages("surveys"), Path())


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Path]:
    """The page with some of its text replaced; each piece stands in it once."""

    def write(*changes: tuple[str, str], name: str = "own.yaml") -> Path:
        text = PAGE
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def opinion(page: Callable[..., Path], shipped: Instruments) -> Callable[..., Opinion]:
    """What the editor says of the page with some of its text replaced."""

    def judge(*changes: tuple[str, str]) -> Opinion:
        return edit([page(*changes)], shipped)

    return judge
