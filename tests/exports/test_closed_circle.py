"""From the form through each tool's own export into the store of a sealed pilot, with the codes as they were ticked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from pilot.cli.exporting import export
from pilot.cli.speaking import Speaker
from pilot.documents import BilingualText
from pilot.errors import PilotError
from pilot.imports import read_mapping
from pilot.instruments import read_instruments
from pilot.instruments.form import ComposedForm, Form, Section, compose
from pilot.plan import PilotFolder
from pilot.store import Store

PEOPLE = [f"P{number:02d}" for number in range(16)]
TOOLS = ("wenjuanxing", "xlsform", "limesurvey", "qualtrics")


@pytest.fixture
def form() -> ComposedForm:
    instruments = read_instruments(["engagement", "development"], Path())
    page = Form(
        format=1,
        id="baseline",
        title=BilingualText(zh="基线问卷", en="Baseline"),
        audience="employee",
        occasion="baseline",
        introduction=BilingualText(zh="答案保密。", en="Confidential."),
        sections=(
            Section(heading=BilingualText(zh="一、工作", en="Work"), scales=("engagement",)),
            Section(heading=BilingualText(zh="二、发展", en="Growth"), scales=("development_binding",)),
        ),
        at_most_minutes=5,
    )
    return compose(page, instruments)


@pytest.fixture
def sealed(command, folder: PilotFolder) -> PilotFolder:
    assert command("init", folder.path, "--yes").code == 0
    plan = folder.plan.read_text("utf-8")
    folder.plan.write_text(plan.replace("instruments: [engagement]", "instruments: [engagement, development]"), "utf-8")
    roster = [f"{person},T{number % 16 + 1:02d}" for number, person in enumerate(PEOPLE)]
    (folder.path / "roster.csv").write_text("\n".join(["person_id,team_id", *roster]), "utf-8")
    assert command("import", folder.path, folder.path / "roster.csv", "--table", "roster").code == 0
    assert command("seal", folder.path, "--seed", 1).code == 0
    return folder


def ticked(form: ComposedForm, number: int) -> dict[str, int]:
    """What one person ticks."""
    return {item.id: 1 + (number + place) % 5 for place, item in enumerate(form.items)}


def returned(form: ComposedForm, tool: str, language: str) -> list[list[str]]:
    """The tool's own export of these answers, in the layout that its manual describes."""
    blocks = {item.id: block for block in form.blocks for item in block.items}
    codes = [[str(code) for code in ticked(form, number).values()] for number in range(len(PEOPLE))]
    ids = list(blocks)
    if tool == "wenjuanxing":
        person = {
            "zh": "您的参与编号(写在邀请里,不是姓名)",
            "en": "Your participant code (it is in your invitation; not your name)",
        }
        stems = [person[language], *(item.text.text(language) for item in form.items)]  # as pasted: half-width
        words = [
            [blocks[item_id].answers.anchors[int(code)].text(language) for item_id, code in zip(ids, row, strict=True)]
            for row in codes
        ]
        header = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
        header += [f"{number}、{stem}" for number, stem in enumerate(stems, start=1)]
        about = ["2027/3/1 9:00:00", "90秒", "微信", "N/A", "127.0.0.1"]
        rows = [[str(number), *about, PEOPLE[number], *row] for number, row in enumerate(words)]
        return [header, *rows]
    if tool == "limesurvey":
        columns = [f"Block{1 + (place >= 6)}[{item_id.replace('_', '')}]" for place, item_id in enumerate(ids)]
        header = ["id", "submitdate", "lastpage", "startlanguage", "seed", "personcode", *columns]
        about = ["2027-03-01 09:00:00", "3", "zh-Hans", "42"]
        return [header, *([str(number), *about, PEOPLE[number], *row] for number, row in enumerate(codes))]
    if tool == "qualtrics":
        header = ["StartDate", "ResponseId", "person_code", *ids]
        texts = ["Start Date", "Response ID", "您的参与编号\n（写在邀请里）", *(item.text.zh for item in form.items)]
        names = [json.dumps({"ImportId": each}) for each in header]
        return [header, texts, names, *(["2027-03-01", f"R_{n}", PEOPLE[n], *row] for n, row in enumerate(codes))]
    header = ["start", "end", "Introduction", "person_code", *ids, "_id", "_uuid"]
    return [header, *(["t", "t", "", PEOPLE[n], *row, str(n), f"u{n}"] for n, row in enumerate(codes))]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_was_ticked_is_what_is_stored(command, sealed, form, tool, ending, language):
    export(form, tool, sealed.path / "asked", language, "baseline_2", Speaker("en"))
    file = sealed.path / f"answers.{ending}"
    rows = returned(form, tool, language)
    if ending == "csv":
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(rows)
    else:
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(row)
        workbook.save(file)
    run = command("import", sealed.path, file, "--mapping", sealed.path / "asked.mapping.yaml")
    assert run.code == 0, run.err
    with Store(sealed.database_url) as store:
        stored = store.tables().responses
    assert set(stored["wave_id"]) == {"baseline_2"}
    found = {
        person: dict(zip(rows["item_id"], rows["value"], strict=True)) for person, rows in stored.groupby("person_id")
    }
    assert found == {person: ticked(form, number) for number, person in enumerate(PEOPLE)}


def test_a_wave_or_an_item_that_the_plan_lacks_is_named(command, sealed, form):
    export(form, "xlsform", sealed.path / "asked", None, "pulse_99", Speaker("en"))
    file = sealed.path / "answers.csv"
    file.write_text("\n".join(",".join(row) for row in returned(form, "xlsform", "zh")), "utf-8")
    run = command("import", sealed.path, file, "--mapping", sealed.path / "asked.mapping.yaml")
    assert run.code == 1
    assert "pulse_99" in run.err


def test_two_columns_with_the_same_wording_are_a_fault(command, sealed, form):
    export(form, "wenjuanxing", sealed.path / "asked", "en", "baseline_1", Speaker("en"))
    rows = [[*row, row[-1]] for row in returned(form, "wenjuanxing", "en")]
    rows[0][-1] = "99、" + rows[0][-2].partition("、")[2]
    file = sealed.path / "answers.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    run = command("import", sealed.path, file, "--mapping", sealed.path / "asked.mapping.yaml")
    assert run.code == 1
    assert "is there 2 times" in run.err


def test_what_to_do_next_is_said_and_nothing_else_is_left_behind(tmp_path, form, capsys):
    export(form, "wenjuanxing", tmp_path / "base.txt", None, None, Speaker("zh"))
    said = capsys.readouterr().out
    assert "文本导入" in said
    assert "base.mapping.yaml" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.mapping.yaml", "base.txt"]


def test_another_ending_is_refused_and_nothing_is_written(tmp_path, form):
    with pytest.raises(PilotError, match=r"ends in \.qsf"):
        export(form, "qualtrics", tmp_path / "base.xlsx", None, None, Speaker("en"))
    assert list(tmp_path.iterdir()) == []


def test_paper_comes_in_both_languages_unless_one_is_chosen(tmp_path, form):
    export(form, "word", tmp_path / "both.docx", None, None, Speaker("en"))
    export(form, "markdown", tmp_path / "one.md", "en", None, Speaker("en"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both.en.docx", "both.zh.docx", "one.md"]


@pytest.mark.parametrize(("tool", "nothing"), [("wenjuanxing", "(空)"), ("xlsform", ""), ("limesurvey", "N/A")])
def test_what_was_left_blank_is_no_answer(command, sealed, form, tool, nothing):
    export(form, tool, sealed.path / "asked", "zh", "baseline_1", Speaker("en"))
    rows = returned(form, tool, "zh")
    last_item = rows[0].index(next(each for each in rows[0] if each.endswith(("发展计划。", "plan_used", "planused]"))))
    rows[1][last_item] = nothing
    file = sealed.path / "answers.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    run = command("import", sealed.path, file, "--mapping", sealed.path / "asked.mapping.yaml")
    assert run.code == 0, run.err
    with Store(sealed.database_url) as store:
        stored = store.tables().responses
    assert (stored["item_id"] == "dev_plan_used").sum() == len(PEOPLE) - 1


@pytest.mark.parametrize("tool", ["wenjuanxing", "xlsform", "limesurvey", "qualtrics", "word", "markdown"])
def test_the_command_writes_a_shipped_form(command, tmp_path, monkeypatch, tool):
    monkeypatch.chdir(tmp_path)
    wave = ["--wave", "pulse_3"] if tool in TOOLS else []
    run = command("survey", "export", "pulse", "--to", tool, *wave)
    assert run.code == 0, run.err
    mapping = tmp_path / f"pulse-{tool}.mapping.yaml"
    assert mapping.exists() == (tool in TOOLS)
    if mapping.exists():
        assert read_mapping(mapping).constants == {"wave_id": "pulse_3"}


def test_a_form_that_is_not_there_is_a_sentence_in_the_users_language(command):
    run = command("--lang", "zh", "survey", "export", "nobody", "--to", "word", "--lang", "en")
    assert run.code == 1
    assert "nobody：" in run.err  # the colon of Chinese sentences
