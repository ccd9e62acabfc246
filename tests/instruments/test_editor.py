"""What the editor finds, where, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.documents import BilingualText
from pilot.errors import Fault
from pilot.instruments import Instruments
from pilot.instruments.editor import Opinion, edit
from pilot.instruments.prose import doubts_about

Judge = Callable[..., Opinion]
FIRST = "text: {zh: 我有劲头。, en: I have energy.}"


def said(faults: tuple[Fault, ...]) -> str:
    return "\n".join(fault.text("en") for fault in faults)


def line_of(path: Path, text: str) -> int:
    """The line on which a text stands."""
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def test_a_page_in_order(opinion: Judge) -> None:
    judged = opinion()
    assert (judged.faults, judged.warnings, judged.notes) == ((), (), ())


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("text: {zh: 我有劲头。, en: I have energy.}", "text: {zh: I have energy., en: I have energy.}", "not Chinese"),
        ("text: {zh: 我有劲头。, en: I have energy.}", "text: {zh: 我有劲头。, en: 我有劲头。}", "not English"),
        ("text: {zh: 我有劲头。, en: I have energy.}", "text: {zh: '', en: I have energy.}", "the text is empty"),
        ("text: {zh: 我有劲头。, en: I have energy.}", "text: {zh: 我有劲头。}", "is missing"),
        ("5: {zh: 同意, en: Agree}", "5: {zh: 同意, en: disagree}", "“disagree” is the label of 1, 5"),
        ("5: {zh: 同意, en: Agree}", "6: {zh: 同意, en: Agree}", "the label of 6 stands outside"),
        ("instructed: 5", "instructed: 9", "nobody can answer 9"),
        ("instructed: 5", "instructed: 3", "does not name the answer that it asks for"),
        ("    instructed: 5\n", "", "says which answer its text asks for"),
        ("    kind: check\n", "", "is scored, so none of its items can ask for one answer"),
        ("    kind: check\n", "    kind: single\n", "is scored, so none of its items can ask for one answer"),
        ("  - id: own_energy\n", "  - id: own_energy\n    kind: single\n", "is “single” and has 3 items"),
        ("id: own_second", "id: own_first", "“own_first” is used twice"),
        ("id: own_why", "id: own_first", "“own_first” is used twice"),
        ("id: own_why", "id: own_energy", "“own_energy” is used twice"),
        ("lowest: 1", "lowest: 5", "“lowest” is not below “highest”"),
    ],
)
def test_faults_are_said_with_their_line(
    old: str, new: str, found: str, page: Callable[..., Path], shipped: Instruments
) -> None:
    path = page((old, new))
    faults = [fault for fault in edit([path], shipped).faults if found in fault.text("en")]
    assert faults
    assert all(fault.place.startswith("own.yaml:") for fault in faults)
    if new.startswith("text:"):
        assert {fault.place.split()[0] for fault in faults} == {f"own.yaml:{line_of(path, new)}"}


def test_all_faults_at_once(page: Callable[..., Path], shipped: Instruments) -> None:
    path = page(
        (FIRST, "text: {zh: I have energy., en: 我有劲头。}"),
        ("text: {zh: 我睡得好。, en: I sleep well.}", "text: {zh: 我睡得好。}"),
        ("instructed: 5", "instructed: five"),
        ("id: own_why", "id: Own Why"),
    )
    text = said(edit([path], shipped).faults)
    for found in ("not Chinese", "not English", "is missing", "“five”", "“Own Why”"):
        assert found in text


@pytest.mark.parametrize(
    ("zh", "en", "finding"),
    [
        ("我的主管公平和友善。", "My manager is fair.", "double_barrelled"),
        ("主管会倾听并给出建议。", "My manager listens.", "double_barrelled"),
        ("目标清楚，而且有挑战。", "Goals are clear.", "double_barrelled"),
        ("主管公平。", "My manager is fair and friendly.", "double_barrelled"),
        ("主管公平。", "My manager is fair and/or friendly.", "double_barrelled"),
        ("主管公平。", "I get advice or help.", "double_barrelled"),
        ("难道主管不公平吗？", "Is my manager fair?", "leading"),
        ("我们优秀的主管是公平的。", "Our manager is fair.", "leading"),
        ("主管总是公平的。", "Our manager is fair.", "leading"),
        ("主管公平。", "Obviously our manager is fair.", "leading"),
        ("主管公平。", "Our manager is always fair.", "leading"),
        ("我不认为主管没有尽力。", "My manager tries.", "negation"),
        ("主管尽力。", "I do not think that nobody tries.", "negation"),
        (
            "在过去的四个星期当中，每当我跟主管谈到自己手上的工作的时候，我都觉得谈话对我接下来要做的事情有帮助。",
            "It helps.",
            "length",
        ),
        ("有用。", "It helps me " + "a great deal " * 8 + "to talk.", "length"),
    ],
)
def test_doubtful_texts(zh: str, en: str, finding: str) -> None:
    assert {doubt[0] for doubt in doubts_about(BilingualText(zh=zh, en=en))} == {finding}


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("我的工作和单位的目标有关系。", "My work has to do with our goals."),
        ("我会和主管一起定目标。", "I set goals with my manager."),
        ("反馈来得及时。", "Feedback comes in time."),
        ("团队里气氛和谐。", "The air in our team is good."),
        ("我参与定目标。", "I take part in setting goals."),
        ("您有没有发展计划？", "Do you have a plan?"),
        ("工具好不好用？", "Does the tool work?"),
        ("主管不常来。", "My manager does not come often."),
        ("谈过两次。", "We talked two or three times."),
        ("靠试错进步。", "We learn by trial and error."),
        ("工作与生活之间有界限。", "There is a line between work and life."),
    ],
)
def test_no_false_alarm(zh: str, en: str) -> None:
    assert list(doubts_about(BilingualText(zh=zh, en=en))) == []


def test_few_items_can_be_kept_with_a_reason(opinion: Judge) -> None:
    third = "  - id: own_third\n    scale: own_energy\n    answers: agreement\n    reversed: yes\n"
    third += "    text: {zh: 我觉得累。, en: I feel tired.}\n"
    assert "has 2 items that show one thing" in said(opinion((third, "")).warnings)
    review = "open_questions:\n"
    kept = "reviewed:\n  - about: own_energy\n    finding: few_items\n    reason: {zh: 够了, en: Enough}\n"
    assert opinion((third, ""), (review, kept + review)).warnings == ()
    assert "keeps a finding that is not made" in said(opinion((review, kept + review)).warnings)
    elsewhere = kept.replace("own_energy", "nobody")
    assert "nothing called “nobody”" in said(opinion((review, elsewhere + review)).faults)


def test_labels_that_lean(opinion: Judge) -> None:
    assert "no label" in said(opinion(("      1: {zh: 不同意, en: Disagree}\n", "")).warnings)
    assert "not balanced" in said(opinion(("      3: {zh", "      4: {zh")).warnings)
    written = opinion(("    highest: 5\n", "    highest: 5\n    whole_numbers: no\n"))
    assert written.warnings == ()


def test_one_way_keying_is_a_note_from_four_items_on(opinion: Judge) -> None:
    fourth = "  - id: own_fourth\n    scale: own_energy\n    answers: agreement\n"
    fourth += "    text: {zh: 我很投入。, en: I am absorbed.}\n"
    assert opinion(("    reversed: yes\n", "")).notes == ()
    longer = ("  - id: own_read\n", fourth + "  - id: own_read\n")
    assert "keyed the same way" in said(opinion(longer, ("    reversed: yes\n", "")).notes)
    assert opinion(longer).notes == ()


def test_an_id_on_two_pages(page: Callable[..., Path], shipped: Instruments) -> None:
    judged = edit([page(), page(name="other.yaml")], shipped)
    assert "“own_first” stands in own.yaml too" in said(judged.faults)


def test_a_shipped_id_keeps_its_wording(opinion: Judge) -> None:
    assert "its text differs from the shipped question" in said(opinion(("id: own_first", "id: eng_pride")).faults)


def test_a_form_that_takes_too_long(tmp_path: Path, shipped: Instruments) -> None:
    path = tmp_path / "form.yaml"
    path.write_text(
        "format: 1\nid: own\ntitle: {zh: 问卷, en: Form}\naudience: employee\noccasion: any\n"
        "introduction: {zh: 请作答。, en: Please answer.}\nat_most_minutes: 0.1\n"
        "sections:\n  - heading: {zh: 一, en: One}\n    scales: [engagement]\n",
        "utf-8",
    )
    text = said(edit([path], shipped).faults)
    assert "minutes in Chinese" in text
    assert "minutes in English" in text
    assert "form.yaml:7 at_most_minutes" in text
    unknown = path.read_text("utf-8").replace("[engagement]", "[engagement, nobody]")
    path.write_text(unknown, "utf-8")
    assert "form.yaml:10" in said(edit([path], shipped).faults)
    assert "no questionnaire has a scale “nobody”" in said(edit([path], shipped).faults)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read(zh: str, en: str) -> None:
    for finding, found, remedy in doubts_about(BilingualText(zh=zh, en=en)):
        assert finding
        for language in ("zh", "en"):
            assert found.text(language)
            assert remedy.text(language)
