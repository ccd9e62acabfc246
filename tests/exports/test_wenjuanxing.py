"""问卷星's text import, read as the tool's own page reads what is pasted or typed into it.

The reader follows what that page does: full-width characters become half-width when pasted, a question begins at a
line with a type in brackets or a number, its answers end at a blank line, and an answer is torn at spaces, at letters
and at marks. Only the English questionnaire is spared the tearing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.documents import BilingualText
from pilot.errors import PilotError
from pilot.exports.asked import options_of
from pilot.exports.exporting import export_files
from pilot.i18n import LANGUAGES
from pilot.instruments.model import Answers

MATRIX = ("[矩阵题]", "[矩阵量表题]", "[矩阵反向量表题]", "[矩阵单选题]", "[表格题]")
OTHER_TYPES = (
    *(
        "[比重题]",
        "[排序题]",
        "[反向量表题]",
        "[多选题]",
        "[测试多选题]",
        "[单选题]",
        "[测试题]",
        "[分页栏]",
        "[测试填空题]",
    ),
    *("[题目]", "[复选题]", "[主观题]", "[必答题]", "(可多选)", "(多选)"),
)
TYPES = (*MATRIX, *OTHER_TYPES, "[量表题]", "[问答题]", "[段落说明]")
HEADING = re.compile(
    r"^\s*(?:基本信息|个人信息|【?(?:[一二三四五六七八九][.。、\x20\t．:：]|[（(][一二三四五六七八九][)）]|第[一二三四五六七八九]))"
)
MARKS = re.compile("[□○①②③④⑤⑥⑦⑧]")
SEPARATORS = ("§", "〒", "¤")


@dataclass
class Read:
    title: str = ""
    description: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    questions: list[tuple[str, list[str]]] = field(default_factory=list)


def pasted(text: str) -> str:
    text = re.sub("[\uff01-\uff5e]", lambda found: chr(ord(found[0]) - 65248), text)
    return text.replace("\u3000", " ").replace("<", "&lt;").replace(">", "&gt;")


def is_blank(line: str) -> bool:
    return re.fullmatch(r"[-=_]*", line.strip()) is not None


def starts_question(line: str) -> bool:
    """Any line with a number in front, a type, a heading's beginning, or “工作：”; stricter than the page itself."""
    if any(each in line for each in TYPES) or HEADING.match(line):
        return True
    if re.match(r"\s*(?:[a-zA-Z]|问题|第)?\s*\d", line) or re.search("[０-９]", line):
        return not re.match(r"\s*\d+[+次万%千小年以岁元人本个后级GXM分]", line)
    return line.strip().endswith((":", "："))


def read(text: str, *, is_english: bool) -> Read:
    lines = text.split("\n")
    found, at = Read(), 0
    while not starts_question(lines[at]):
        if not is_blank(lines[at]):
            if found.title:
                found.description.append(lines[at].strip())
            else:
                found.title = lines[at].strip()
        at += 1
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if is_blank(line):
            continue
        kinds = [each for each in TYPES if each in line]
        assert len(kinds) == 1, line
        words = line.replace(kinds[0], "")
        assert not any(each in words for each in ("[", "]", "<", "&", *SEPARATORS)), words
        if kinds[0] == "[段落说明]":
            found.headings.append(words)
            continue
        number, _, stem = words.partition(".")
        assert int(number) == len(found.questions) + 1
        answers: list[str] = []
        if kinds[0] == "[问答题]":
            assert "___" not in stem
            assert not re.search(r"\{.*?\}", stem)
            assert is_english or not (single("A", words) and single("B", words)), stem
            assert len(MARKS.findall(stem)) < 2
        else:
            while at < len(lines) and not is_blank(lines[at]) and not starts_question(lines[at]):
                answers.append(lines[at])
                at += 1
            answers = torn(answers, is_english=is_english)
        found.questions.append((stem, answers))
    return found


def single(letter: str, text: str) -> bool:
    return re.search(f"{letter}(?![A-Z])", text.upper()) is not None


def torn(lines: list[str], *, is_english: bool) -> list[str]:
    answers: list[str] = []
    if not is_english and single("A", lines[0]) and (single("B", lines[0]) or single("B", "".join(lines[1:2]))):
        return ["torn at letters"]
    for line in lines:
        text = line.strip(" \t\n\u3000")
        if is_english:
            parts = [text]
        elif len(MARKS.findall(text)) > 1:
            parts = MARKS.split(text)
        elif len(re.findall(r"\d\d?\.|\d\d?、|\(\d\d?\)|（\d\d?）", text)) > 1:
            parts = re.split(r"\d\d?\.|\d\d?、|\(\d\d?\)|（\d\d?）", text)
        else:
            parts = re.split(r"[\x20\t]+", text)
        for part in parts:
            assert "请注明" not in part
            assert "请说明" not in part
            assert not part.endswith(("___", "___)", "___）"))
            answers += [part.replace("□", "")] if not is_blank(part) else []
    return answers


LOOKALIKES = str.maketrans(
    "〔〕〈〉﹠◻◯¶〶¢⑴⑵⑶⑷⑸⑹⑺⑻【】①②③④⑤⑥⑦⑧{}", "[]<>&□○§〒¤" + "12345678" + "[]" + "12345678" + "[]"
)


def same(seen, written: str, meant: str) -> bool:
    """Whether both look the same to a person: brackets of any kind, dots put around, gaps as dots."""

    def bare(text: str) -> str:
        plain = re.sub("_{2,}|＿{2,}|…|\\.{3}", "…", seen(text.strip("·").translate(LOOKALIKES)))
        plain = seen(plain).translate(LOOKALIKES).replace("(可多选)", "[可多选]")
        return "".join(plain.replace("...", "…").split())

    return bare(written) == bare(meant)


def export(form, language):
    try:
        return export_files(form, "wenjuanxing", language)
    except PilotError:
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", [pasted, str], ids=["pasted", "typed"])
def test_what_is_not_refused_is_read_whole_and_comes_back_with_its_codes(nasty, seen, read_back, language, way, data):
    asked = data.draw(nasty)
    files = export(asked.form, language)
    if files is None:
        return
    tool = read(way(files[".txt"].decode("utf-8-sig")), is_english=language == "en")
    form = asked.form
    assert same(seen, tool.title, form.form.title.text(language))
    assert same(seen, " ".join(tool.description), form.form.introduction.text(language))
    for heading, section in zip(tool.headings, form.sections, strict=True):
        assert same(seen, heading, section.heading.text(language))
    options = {item.id: options_of(block.answers) for block in form.blocks for item in block.items}
    wanted = []
    for section in form.sections:
        wanted += [(item.text, options[item.id]) for block in section.blocks for item in block.items]
        wanted += [(question.text, ()) for question in section.open_questions]
    for (stem, answers), (text, meant) in zip(tool.questions[1:], wanted, strict=True):
        assert same(seen, stem, text.text(language))
        assert len(answers) == len(meant)
        for written, option in zip(answers, meant, strict=True):
            assert not option.is_labelled or same(seen, written, option.label.text(language))
    codes, cells = {}, ["P1"]
    items = iter(form.items)
    for (_, answers), (text, meant) in zip(tool.questions[1:], wanted, strict=True):
        if text in [question.text for question in form.open_questions]:
            cells.append("自己的话")
            continue
        item = next(items)
        block = next(block for block in form.blocks if item in block.items)
        if meant:
            chosen = data.draw(st.integers(0, len(meant) - 1))
            codes[item.id] = meant[chosen].code
            cells.append(answers[chosen])
        else:
            codes[item.id] = int(block.answers.highest)
            cells.append(str(codes[item.id]))
    before = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
    header = [*before, *(f"{number}、{stem}" for number, (stem, _) in enumerate(tool.questions, start=1))]
    rows = [header, ["1", "2027/3/1 9:00:00", "120秒", "微信", "N/A", "127.0.0.1", *cells]]
    assert read_back(files[".mapping.yaml"], rows, asked.instruments) == {key: [code] for key, code in codes.items()}


def test_most_plain_forms_are_not_refused(plain_form):
    for language in LANGUAGES:
        text = export_files(plain_form(), "wenjuanxing", language)[".txt"].decode("utf-8-sig")
        tool = read(pasted(text), is_english=language == "en")
        assert [len(answers) for _, answers in tool.questions] == [0, 3, 0]


def test_codes_without_a_label_are_answers_in_words(plain_form):
    form = plain_form(answers=Answers(lowest=0, highest=10, anchors={0: BilingualText(zh="绝不", en="Never")}))
    files = export_files(form, "wenjuanxing")
    tool = read(pasted(files[".txt"].decode("utf-8-sig")), is_english=False)
    assert tool.questions[1][1] == ["绝不", *(f"{code}分" for code in range(1, 11))]
    assert '"10分": "10"' in files[".mapping.yaml"].decode("utf-8")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"second": BilingualText(zh="我有劲头。 ", en="Other words")}, "another question reads the same"),
        (
            {
                "answers": Answers(
                    lowest=1,
                    highest=2,
                    anchors={1: BilingualText(zh="好[的]", en="x"), 2: BilingualText(zh="好〔的〕", en="y")},
                )
            },
            "two answers read",
        ),
        (
            {
                "answers": Answers(
                    lowest=1,
                    highest=2,
                    anchors={1: BilingualText(zh="A 级", en="x"), 2: BilingualText(zh="B 级", en="y")},
                )
            },
            "letters A and B",
        ),
        (
            {"answers": Answers(lowest=1, highest=2, anchors={1: BilingualText(zh="有，请注明", en="x")})},
            "add a text box",
        ),
        (
            {"answers": Answers(lowest=1, highest=2, anchors={1: BilingualText(zh="1.5到2.5小时", en="x")})},
            "at its numbers",
        ),
        ({"open_question": BilingualText(zh="A 和 B 哪个好？", en="Which?")}, "make answers of the letters"),
        ({"item": BilingualText(zh="", en="Words")}, "no words in one of the two languages"),
        ({"identifier": "person_code"}, "is kept for the person's code"),
    ],
)
def test_what_the_tool_cannot_carry_is_refused_with_a_sentence(plain_form, change, sentence):
    with pytest.raises(PilotError, match=sentence):
        export_files(plain_form(**change), "wenjuanxing")
