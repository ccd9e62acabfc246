"""Bad input is normal: a clear sentence, a non-zero exit, an unchanged store."""

from __future__ import annotations

import codecs
from pathlib import Path

import openpyxl
import pytest

from pilot.plan import PilotFolder
from pilot.store import Store

ITEMS = ["eng_energy_start", "eng_energy_hard", "eng_meaning", "eng_pride", "eng_absorbed", "eng_drained"]
TEAMS = [f"T{number:02d}" for number in range(1, 17)]


def roster_lines() -> list[str]:
    return ["person_id,team_id", *(f"P{number:03d},{TEAMS[number % 16]}" for number in range(64))]


def response_lines() -> list[str]:
    header = ",".join(["person_id", "wave_id", *ITEMS])
    return [header, *(f"P{number:03d},baseline_1,1,2,3,4,5,{1 + number % 5}" for number in range(64))]


@pytest.fixture
def started(command, folder: PilotFolder) -> PilotFolder:
    """A sealed pilot with a roster and one wave of answers."""
    assert command("init", folder.path, "--yes").code == 0
    (folder.path / "roster.csv").write_text("\n".join(roster_lines()), "utf-8")
    (folder.path / "responses.csv").write_text("\n".join(response_lines()), "utf-8")
    assert command("import", folder.path, folder.path / "roster.csv", "--table", "roster").code == 0
    assert command("seal", folder.path, "--seed", 1).code == 0
    assert command("import", folder.path, folder.path / "responses.csv").code == 0
    return folder


def stored(folder: PilotFolder) -> tuple[str, str, int]:
    with Store(folder.database_url) as store:
        tables = store.tables()
        return tables.roster.to_csv(), tables.responses.to_csv(), len(store.imports())


def write(path: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def without_column(lines: list[str], index: int) -> list[str]:
    return [",".join(cell for at, cell in enumerate(line.split(",")) if at != index) for line in lines]


BROKEN_RESPONSES = {
    "missing column": (without_column(response_lines(), 0), "utf-8", "the column “person_id” is missing"),
    "duplicate person": ([*response_lines(), response_lines()[1]], "utf-8", "the first is in row 2"),
    "unknown person": (
        [*response_lines(), "P999,baseline_1,1,2,3,4,5,1"],
        "utf-8",
        "“P999” is not known in the roster",
    ),
    "wrong wave": (
        [*response_lines(), "P001,week_9,1,2,3,4,5,1"],
        "utf-8",
        "“week_9” is not known in the plan's calendar",
    ),
    "value off the scale": ([*response_lines(), "P001,baseline_2,1,2,7,4,5,1"], "utf-8", "“7” is not an answer"),
    "half an answer": ([*response_lines(), "P001,baseline_2,1,2,2.5,4,5,1"], "utf-8", "“2.5” is not an answer"),
    "a word nobody knows": ([*response_lines(), "P001,baseline_2,1,2,maybe,4,5,1"], "utf-8", "neither a number"),
    "contradicts what is stored": (
        [response_lines()[0], "P001,baseline_1,5,5,5,5,5,5"],
        "utf-8",
        "was imported before as",
    ),
    "GBK with an unknown label": (
        [*response_lines(), "P001,baseline_2,从不,很少,说不清,经常,经常,从不"],
        "gb18030",
        "“说不清” is neither a number",
    ),
    "BOM with a missing column": (without_column(response_lines(), 1), "utf-8-sig", "the column “wave_id” is missing"),
    "no encoding at all": (["person_id,wave_id\n"], "raw", "in no encoding that could be recognised"),
    "empty file": ([], "utf-8", "the file is empty"),
    "only a header": (response_lines()[:1], "utf-8", "there is a header and nothing below it"),
    "ragged row": ([*response_lines(), "P001,baseline_2,1"], "utf-8", "the row has 3 cells, the header has 8"),
    "unclosed quote": ([*response_lines(), '"P001,baseline_2,1,2,3,4,5,1'], "utf-8", "quotation mark"),
    "column twice": ([response_lines()[0] + "," + ITEMS[0]], "utf-8", "is there 2 times"),
}


@pytest.mark.parametrize("name", BROKEN_RESPONSES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_broken_responses(started, command, monkeypatch, name, language):
    lines, encoding, sentence = BROKEN_RESPONSES[name]
    path = started.path / "broken.csv"
    if encoding == "raw":
        path.write_bytes(b"person_id,wave_id\n\xff\xff\x80\xff\n")
    else:
        write(path, lines, encoding)
    before = stored(started)
    monkeypatch.setenv("PILOT_LANG", language)
    run = command("import", started.path, path)
    assert run.code == 1
    assert "Traceback" not in run.err
    if language == "en":
        assert sentence in run.err
        assert "nothing was changed" in run.err or "could not be read" in run.err
    else:
        assert any("一" <= letter <= "鿿" for letter in run.err)
        assert sentence not in run.err
    assert stored(started) == before


MAPPING = """format: 1
table: responses
columns: {person_id: person_id}
answers:
"""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("  - {column: eng_pride, item: eng_prid, wave: baseline_2}", "eng_prid: the plan and its questionnaires"),
        ("  - {column: eng_pride, item: eng_pride, wave: week_9}", "week_9: the plan and its questionnaires"),
        ("  - {column: eng_pride, item: eng_pride}", "“wave_id” is mapped to nothing"),
        ("  - {column: eng_prid, item: eng_pride, wave: baseline_2}", "the column “eng_prid” is missing"),
    ],
)
def test_broken_mapping_is_said_once(started, command, line, sentence):
    mapping = started.path / "mapping.yaml"
    mapping.write_text(MAPPING + line, "utf-8")
    run = command("import", started.path, started.path / "responses.csv", "--mapping", mapping)
    assert run.code == 1
    assert run.err.count(sentence) == 1


def test_a_stranger_is_said_once_a_row(started, command):
    lines = [response_lines()[0], *(f"X{number},baseline_2,1,2,3,4,5,1" for number in range(3))]
    run = command("import", started.path, write(started.path / "strangers.csv", lines))
    assert run.err.count("is not known in the roster") == 3


def test_a_plan_is_not_sealed_again_after_the_first_answers(started, command):
    started.seal.unlink()
    assert command("seal", started.path, "--seed", 7).code == 0
    run = command("analyse", started.path)
    assert run.code == 1
    assert "was imported under another seal" in run.err


def test_unknown_team(started, command):
    before = stored(started)
    path = write(started.path / "more.csv", ["person_id,team_id", "P100,T01", "P101,T99", "P102,"])
    run = command("import", started.path, path, "--table", "roster")
    assert run.code == 1
    assert "more.csv:3 [team_id]: “T99” is not known in the plan." in run.err
    assert "more.csv:4 [team_id]: there is no entry." in run.err
    assert stored(started) == before


def test_a_person_cannot_change_team(started, command):
    path = write(started.path / "moved.csv", ["person_id,team_id", "P000,T02"])
    run = command("import", started.path, path, "--table", "roster")
    assert run.code == 1
    assert "People stay with the team in which they began" in run.err


def test_every_fault_is_listed_by_row_and_column(started, command):
    lines = [*response_lines(), *(f"P{number:03d},baseline_2,1,2,9,4,5,1" for number in range(40))]
    run = command("import", started.path, write(started.path / "many.csv", lines))
    assert run.code == 1
    assert "and 20 more" in run.err
    listed = (started.rejected / "many-faults.csv").read_text("utf-8-sig").splitlines()
    assert len(listed) == 41
    assert listed[1].startswith("66,eng_meaning,")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_real_tools_are_read(started, command, encoding):
    lines = [response_lines()[0], "P001,baseline_2,从不,很少,有时,经常,几乎总是,从不"]
    run = command("import", started.path, write(started.path / "labels.csv", lines, encoding))
    assert run.code == 0, run.err
    with Store(started.database_url) as store:
        responses = store.tables().responses
    values = responses[responses["wave_id"] == "baseline_2"].set_index("item_id")["value"]
    assert [values[item] for item in ITEMS] == [1, 2, 3, 4, 5, 1]


def test_a_mark_that_a_conversion_left_in_front_is_no_column(started, command):
    lines = ["\ufeff" + response_lines()[0], "P001,baseline_2,1,2,3,4,5,1"]
    run = command("import", started.path, write(started.path / "converted.csv", lines, "gb18030"))
    assert run.code == 0, run.err


def test_workbook_is_read_like_csv(started, command):
    workbook = openpyxl.Workbook()
    for line in [response_lines()[0], "P001,baseline_2,1,2,3,4,5,1"]:
        workbook.active.append([int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    path = started.path / "answers.xlsx"
    workbook.save(path)
    run = command("import", started.path, path)
    assert run.code == 0, run.err
    assert "6 entries read (xlsx), 6 of them new" in run.out


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a workbook", b""])
def test_broken_workbook(started, command, content):
    path = started.path / "broken.xlsx"
    path.write_bytes(content)
    before = stored(started)
    run = command("import", started.path, path)
    assert run.code == 1
    assert "not a readable workbook" in run.err
    assert stored(started) == before


BROKEN_PLANS = {
    "full-width colon": ("design: waitlist", "design：waitlist", "the colon after “design” is full-width"),
    "impossible date": ("launch_on: ", "launch_on: 2026-13-01 #", "“2026-13-01” cannot stand here"),
    "unknown key": ("weighting: person", "wieghting: person", "Did you mean “weighting”?"),
    "NO is text": ("chosen_because: representative", "chosen_because: NO", "“NO” cannot stand here"),
    "team twice": ('- "T02"', '- "T01"', "the team “T01” is listed 2 times"),
    "unknown scale": ("scale: engagement", "scale: happiness", "no questionnaire of this plan has a scale “happiness”"),
    "unknown wave": ("lasting: [follow_up_1,", "lasting: [follow_up_7,", "the calendar has no wave “follow_up_7”"),
    "key twice": ("format: 1", "format: 1\nformat: 1", "“format” stands here a second time"),
    "threshold lowered": ("minimum_cell_n: 5", "minimum_cell_n: 3", "at least 5"),
    "ancova without a draw": (
        "design: waitlist",
        "design: before_after",
        "“ancova” is only unbiased where teams were randomised",
    ),
    "wave twice": ("outcome: [pulse_3,", "outcome: [endline, pulse_3,", "“endline” is named 2 times"),
    "the primary as secondary": ("- development_binding", "- engagement", "“engagement” is named 2 times"),
    "one measure guarded twice": (
        "  fidelity:\n    measure: loop_fidelity_pct",
        "  fidelity:\n    measure: manager_hours",
        "“manager_hours” is named 2 times",
    ),
    "not a page": ("title:", "title: [", "does not read as “key: value”"),
    "tab": ("  minimum_cell_n", "\tminimum_cell_n", "the line has a tab"),
}


@pytest.mark.parametrize("name", BROKEN_PLANS)
def test_broken_plan(command, folder, name):
    old, new, sentence = BROKEN_PLANS[name]
    assert command("init", folder.path, "--yes").code == 0
    text = folder.plan.read_text("utf-8")
    assert old in text
    folder.plan.write_text(text.replace(old, new, 1), "utf-8")
    run = command("seal", folder.path)
    assert run.code == 1
    assert sentence in run.err
    assert "Traceback" not in run.err
    assert not folder.seal.exists()


def test_all_faults_of_a_plan_at_once(command, folder):
    assert command("init", folder.path, "--yes").code == 0
    text = folder.plan.read_text("utf-8")
    for old, new in [
        ("design: waitlist", "design：waitlst"),
        ("weighting: person", "weighting: animal"),
        ("week: 24", "week: soon"),
    ]:
        text = text.replace(old, new, 1)
    folder.plan.write_text(text, "utf-8")
    run = command("check", folder.path)
    assert all(part in run.err for part in ("full-width", "“waitlst”", "“animal”", "“soon”"))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("analyse", "Seal the plan"),
        ("publish", "Seal the plan"),
        ("report", "nothing has been published yet"),
        ("simulate", "Seal the plan"),
        ("deviate", "there is no seal yet"),
    ],
)
def test_steps_out_of_order(command, folder, step, sentence):
    assert command("init", folder.path, "--yes").code == 0
    run = command(step, folder.path)
    assert run.code == 1
    assert sentence in run.err


def test_a_result_is_published_only_after_the_analysis(started, command):
    run = command("publish", started.path)
    assert (run.code, started.releases.exists()) == (1, False)
    assert "Run `pilot analyse` first" in run.err


def test_answers_before_the_seal_are_refused(command, folder):
    assert command("init", folder.path, "--yes").code == 0
    path = write(folder.path / "responses.csv", response_lines())
    run = command("import", folder.path, path)
    assert run.code == 1
    assert "Seal the plan" in run.err


def test_database_that_is_none(started, command):
    for url in ("nonsense", "postgresql+psycopg://nobody@127.0.0.1:1/none", "oracle://x"):
        run = command("analyse", started.path, "--database", url)
        assert run.code == 1
        assert "The database cannot be used" in run.err


def test_bom_is_written_by_the_fault_list(started, command):
    run = command("import", started.path, write(started.path / "b.csv", [*response_lines(), "P001,week_9,1,2,3,4,5,1"]))
    assert run.code == 1
    assert (started.rejected / "b-faults.csv").read_bytes().startswith(codecs.BOM_UTF8)
