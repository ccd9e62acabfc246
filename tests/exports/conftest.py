"""Forms with nasty texts, and the way back: a tool's export through its mapping file."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from pilot.documents import BilingualText
from pilot.imports import read_mapping, read_sheet
from pilot.imports.mapping import apply_mapping
from pilot.instruments.form import ComposedForm, Form, Section, compose
from pilot.instruments.model import Answers, Instrument, Instruments, Item, OpenQuestion, Scale
from pilot.schema.cells import read_cells
from pilot.schema.columns import CONTRACTS

FRAGMENTS = (
    *(
        "[单选题]",
        "[矩阵量表题]",
        "【标签】",
        "[分页栏]",
        "(可多选)",
        "一、",
        "第三",
        "1.",
        "2、",
        "(3)",
        "３",
        "①",
        "□",
    ),
    *("${person_code}", "${", "{x}", "{{y}}", "___", "=1+1", "@SUM", "<b>", "</span>", "&amp;", "R&D", "&#65;"),
    *('"', "'", "“引”", "\\", "|", "*粗*", "_x_", "# ", "](", "`", "~", "§", "〒", "¤", "：", "，", "、", "。"),
    *("\t", "\n", "\r\n", "\u0007", "\u2028", "\u3000", " ", "😀", "A", "b", "Often", "工作", "N/A"),
)


@dataclass(frozen=True)
class Asked:
    """A form and the questionnaires that it is composed from."""

    form: ComposedForm
    instruments: Instruments


def both(zh: str, en: str) -> BilingualText:
    return BilingualText(zh=zh, en=en)


@st.composite
def nasty_texts(draw: st.DrawFn, zh: str, en: str) -> BilingualText:
    """Fragments around words that tell this text from every other."""

    def around(words: str) -> str:
        before, after = (draw(st.lists(st.sampled_from(FRAGMENTS), max_size=3)) for _ in range(2))
        return f"{''.join(before)}{words}{''.join(after)}"

    return both(around(zh), around(en))


@st.composite
def answers(draw: st.DrawFn, number: int) -> Answers:
    lowest = draw(st.integers(0, 2))
    highest = draw(st.one_of(st.integers(lowest + 1, lowest + 9), st.just(100)))
    codes = range(lowest, highest + 1) if draw(st.booleans()) else (lowest, highest)
    anchors = {
        code: draw(
            nasty_texts(f"级别{'甲乙丙丁戊己庚辛壬癸'[code]}{number}号", f"grade {'klmnopqrst'[code]} of {number}")
        )
        for code in codes
        if code < 10
    }
    return Answers(lowest=lowest, highest=highest, whole_numbers=draw(st.booleans()) or highest < 12, anchors=anchors)


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """A form of one to three scales with one to three items each, and an open question."""
    scale_ids = [f"scale_{number}" for number in range(draw(st.integers(1, 3)))]
    items = [
        Item(
            id=f"{scale_id}_item_{place}_of_a_long_name",
            scale=scale_id,
            answers=f"answers_{number}",
            reversed=draw(st.booleans()),
            text=draw(nasty_texts(f"题目{number}之{place}说的", f"item {number} no {place} said")),
        )
        for number, scale_id in enumerate(scale_ids)
        for place in range(draw(st.integers(1, 3)))
    ]
    instrument = Instrument(
        format=1,
        id="nasty",
        title=both("题库", "Bank"),
        answers={f"answers_{number}": draw(answers(number)) for number in range(len(scale_ids))},
        scales=[Scale(id=each, name=both(each, each), construct_source="none") for each in scale_ids],
        items=items,
        open_questions=[
            OpenQuestion(id="own_words", text=draw(nasty_texts("还想说的话", "what else you want to say")))
        ],
    )
    instruments = Instruments({instrument.id: instrument})
    sections = [
        Section(heading=draw(nasty_texts(f"部分{number}", f"part {number}")), scales=(scale_id,))
        for number, scale_id in enumerate(scale_ids)
    ]
    last = sections[-1].model_copy(update={"open_questions": ("own_words",)})
    form = Form(
        format=1,
        id="nasty_form",
        title=draw(nasty_texts("问卷标题", "Title")),
        audience="employee",
        occasion="pulse",
        introduction=draw(nasty_texts("导语说明", "Introduction")),
        sections=(*sections[:-1], last),
        at_most_minutes=5,
    )
    return Asked(compose(form, instruments), instruments)


@pytest.fixture(scope="session")
def nasty() -> st.SearchStrategy[Asked]:
    """Forms with everything in their texts that a tool could take for an instruction."""
    return asked()


def seen(text: str) -> str:
    """What a reader sees, without the look-alikes: width, quotation marks and space do not count."""
    plain = unicodedata.normalize("NFKC", text).translate(str.maketrans("“”‘’", "\"\"''"))
    return " ".join("".join(each for each in plain if unicodedata.category(each) != "Cc" or each.isspace()).split())


ReadBack = Callable[[bytes, list[list[str]], Instruments], dict[str, list[float]]]


@pytest.fixture(scope="session")
def read_back(tmp_path_factory: pytest.TempPathFactory) -> ReadBack:
    """Read rows of a tool's own export as `pilot import` does; codes of each item, person by person."""
    folder = tmp_path_factory.mktemp("returned")

    def read(mapping_page: bytes, rows: list[list[str]], instruments: Instruments) -> dict[str, list[float]]:
        (folder / "mapping.yaml").write_bytes(mapping_page)
        stream = io.StringIO()
        csv.writer(stream).writerows(rows)
        (folder / "export.csv").write_text(stream.getvalue(), "utf-8-sig", newline="")
        mapping = read_mapping(folder / "mapping.yaml")
        draft = apply_mapping(mapping, read_sheet(folder / "export.csv"))
        value = next(column for column in CONTRACTS["responses"].columns if column.name == "value")
        codes, faults = read_cells(draft, value, instruments)
        assert faults == []
        assert set(draft.frame["wave_id"]) == {"pulse_1"}
        assert not (draft.frame["person_id"] == "").any()
        frame = draft.frame.assign(code=codes)
        return {str(item_id): rows["code"].tolist() for item_id, rows in frame.groupby("item_id", sort=False)}

    return read


@pytest.fixture(scope="session", name="seen")
def seen_fixture() -> Callable[[str], str]:
    """`seen` for the tests."""
    return seen


FREQUENCY = Answers(
    lowest=1,
    highest=3,
    anchors={1: both("从不", "Never"), 2: both("有时", "Now and then"), 3: both("总是", "Always")},
)


@pytest.fixture(scope="session")
def plain_form() -> Callable[..., ComposedForm]:
    """A form of one item, `first`, with words and answers to choose."""

    def make(
        item: BilingualText | None = None,
        answers: Answers = FREQUENCY,
        second: BilingualText | None = None,
        open_question: BilingualText | None = None,
        identifier: str = "first",
        second_identifier: str = "second",
    ) -> ComposedForm:
        texts = {identifier: item or both("我有劲头。", "I have energy.")}
        if second:
            texts[second_identifier] = second
        instrument = Instrument(
            format=1,
            id="plain",
            title=both("题库", "Bank"),
            answers={"given": answers},
            scales=[Scale(id="energy", name=both("劲头", "Energy"), construct_source="none")],
            items=[Item(id=key, scale="energy", answers="given", text=text) for key, text in texts.items()],
            open_questions=[OpenQuestion(id="why", text=open_question or both("为什么？", "Why?"))],
        )
        section = Section(heading=both("一、劲头", "Energy"), scales=("energy",), open_questions=("why",))
        form = Form(
            format=1,
            id="baseline",
            title=both("基线问卷", "Baseline"),
            audience="employee",
            occasion="baseline",
            introduction=both("答案保密。", "Confidential."),
            sections=(section,),
            at_most_minutes=5,
        )
        return compose(form, Instruments({"plain": instrument}))

    return make
