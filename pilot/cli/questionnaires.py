"""Questionnaires and forms on the screen: what there is, what it asks, what an editor thinks of it, how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pilot.cli.speaking import Speaker
from pilot.errors import Fault, PilotError
from pilot.i18n import LANGUAGES, Language, Message, message
from pilot.instruments import Answers, Instrument, Instruments, Item, read_form, read_instruments, shipped_forms
from pilot.instruments.editor import HEADLINE, edit
from pilot.instruments.model import OpenQuestion, Scale
from pilot.questionnaire import write_preview
from pilot.resources import shipped_pages

NARROWEST = 110
LANGUAGE_NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}


def list_questionnaires(speaker: Speaker) -> None:
    """Every shipped questionnaire and form, with its size and how long it takes."""
    language = speaker.language
    pages = read_instruments(shipped_pages("surveys"), Path()).by_id
    table = _table(speaker, message("Questionnaire"), message("Title"), message("Scales"), message("Items"))
    for name, page in pages.items():
        scales = ", ".join(scale.id for scale in page.scales)
        table.add_row(name, page.title.text(language), scales, str(len(page.items)))
    _print(table)
    headings = [message("Form"), message("Title"), message("For"), message("Items")]
    table = _table(speaker, *headings, message("Minutes (Chinese)"), message("Minutes (English)"))
    audiences = {
        "employee": message("employees"),
        "manager": message("managers"),
        "administrator": message("administrators"),
    }
    for name, form in shipped_forms().items():
        minutes = [f"{form.minutes(each):.1f}" for each in LANGUAGES]
        who = audiences[form.form.audience].text(language)
        table.add_row(name, form.form.title.text(language), who, str(len(form.items)), *minutes)
    _print(table)


def show(name: str, languages: Sequence[Language], speaker: Speaker) -> None:
    """Every question of a questionnaire or a form, with its answers, its keying and where the construct is from.

    Raises:
        PilotError: there is neither of this name, or it is faulty.
    """
    if name in shipped_pages("surveys") or not (name in shipped_pages("surveys/forms") or _is_form(name)):
        (page,) = read_instruments([_known_or_file(name)], Path()).by_id.values()
        _show_scales(page, languages, speaker)
        return
    form = read_form(name, Path())
    speaker.say(f"{form.form.title.text(speaker.language)}  {form.form.introduction.text(speaker.language)}")
    for section in form.sections:
        table = _question_table(section.heading.text(speaker.language), languages, speaker)
        for block in section.blocks:
            for item in block.items:
                _add_item(table, item, block.answers, languages, speaker)
        for question in section.open_questions:
            _add_open_question(table, question, languages, speaker)
        _print(table)


def check(paths: Sequence[Path], speaker: Speaker) -> None:
    """Say what an editor thinks of some pages, of all shipped ones if none is named; exit code 1 on faults."""
    shipped = read_instruments(shipped_pages("surveys"), Path())
    pages = paths or [*shipped_pages("surveys").values(), *shipped_pages("surveys/forms").values()]
    opinion = edit(pages, shipped)
    for note in opinion.notes:
        speaker.say(f"· {note.text(speaker.language)}")
    for warning in opinion.warnings:
        speaker.say(f"! {warning.text(speaker.language)}")
    if opinion.faults:
        speaker.complain(PilotError(HEADLINE, opinion.faults), most=len(opinion.faults))
        raise typer.Exit(1)
    speaker.done(message("{pages} pages read, {warnings} warnings.", pages=len(pages), warnings=len(opinion.warnings)))


def preview(name: str, out: Path | None, language: Language, speaker: Speaker) -> None:
    """Write a form as its people will see it on a phone.

    Raises:
        PilotError: there is no such form, or it is faulty.
    """
    form = read_form(name, Path())
    path = out or Path(f"{form.form.id}.html")
    if not path.parent.is_dir():
        found = message("there is no such folder.")
        remedy = message("Make it first, or write somewhere else with --out.")
        raise PilotError(message("The preview was not written."), [Fault(str(path.parent), found, remedy)])
    write_preview(form, path, language)
    speaker.done(message("The preview is in {path}; open it in a browser or on a phone.", path=path))


def _is_form(name: str) -> bool:
    """Whether a page of one's own is a form: it has sections."""
    path = Path(name)
    return path.suffix in (".yaml", ".yml") and path.is_file() and "\nsections:" in path.read_text("utf-8", "replace")


def _known_or_file(name: str) -> str:
    if name in shipped_pages("surveys") or name.endswith((".yaml", ".yml")):
        return name
    found = message("there is no questionnaire and no form “{name}”.", name=name)
    remedy = message("`pilot survey list` shows what there is; or write the file name of a page of your own.")
    raise PilotError(message("There is nothing to show."), [Fault(name, found, remedy)])


def _show_scales(page: Instrument, languages: Sequence[Language], speaker: Speaker) -> None:
    for scale in page.scales:
        table = _question_table(_heading(scale, speaker), languages, speaker)
        table.caption = escape(scale.construct_source)
        table.caption_justify = "left"
        instruments = Instruments({page.id: page})
        for item in instruments.items_of(scale.id):
            _add_item(table, item, instruments.answers_of(item.id), languages, speaker)
        _print(table)
    if page.open_questions:
        table = _question_table(message("In one's own words").text(speaker.language), languages, speaker)
        for question in page.open_questions:
            _add_open_question(table, question, languages, speaker)
        _print(table)


def _heading(scale: Scale, speaker: Speaker) -> str:
    kinds = {
        "reflective": message("items that show one thing"),
        "formative": message("a list of different things"),
        "single": message("one item"),
        "check": message("never scored, shows who reads"),
    }
    marker = message("the practice should not move it") if scale.is_marker else None
    facts = [kinds[scale.kind], marker] if marker else [kinds[scale.kind]]
    joiner = "，" if speaker.language == "zh" else ", "
    told = joiner.join(fact.text(speaker.language) for fact in facts)
    return f"{scale.id}  {scale.name.text(speaker.language)} — {told}"


def _question_table(title: str, languages: Sequence[Language], speaker: Speaker) -> Table:
    table = _table(speaker, message("Id"))
    for language in languages:
        table.add_column(LANGUAGE_NAMES[language], ratio=3, overflow="fold")
    table.add_column(message("Answers").text(speaker.language), ratio=2, overflow="fold")
    table.add_column(message("Key").text(speaker.language), justify="right")
    table.title, table.title_justify, table.title_style = escape(title), "left", "bold"
    return table


def _add_item(table: Table, item: Item, answers: Answers, languages: Sequence[Language], speaker: Speaker) -> None:
    key = f"= {item.instructed}" if item.instructed is not None else "−" if item.reversed else "+"
    texts = (escape(item.text.text(language)) for language in languages)
    table.add_row(item.id, *texts, escape(_range(answers, speaker.language)), key)


def _add_open_question(table: Table, question: OpenQuestion, languages: Sequence[Language], speaker: Speaker) -> None:
    texts = (escape(question.text.text(language)) for language in languages)
    table.add_row(question.id, *texts, message("in one's own words").text(speaker.language), "")


def _range(answers: Answers, language: Language) -> str:
    """From which to which answer, with the words at the ends."""
    ends = []
    for code in (answers.lowest, answers.highest):
        label = answers.anchors.get(int(code))
        ends.append(f"{code:g} {label.text(language)}" if label else f"{code:g}")
    return " … ".join(ends)


def _table(speaker: Speaker, *headings: Message) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading.text(speaker.language), overflow="fold")
    return table


def _print(table: Table) -> None:
    console = Console(highlight=False)
    Console(width=max(console.width, NARROWEST), highlight=False).print(table)
    console.print()
