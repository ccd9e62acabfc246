"""Find and read instruments and forms by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pilot.documents import PageSource, read_page
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.instruments.form import ComposedForm, Form, compose
from pilot.instruments.model import Instrument, Instruments
from pilot.resources import shipped_pages


def read_instruments(names: Iterable[str], folder: Path, named_in: str = "plan.yaml") -> Instruments:
    """Read instruments by name: a shipped one (`engagement`), or a page beside the plan (`own.yaml`).

    Args:
        names: Names.
        folder: Where pages of one's own lie.
        named_in: File that names them, for messages.

    Raises:
        PilotError: an instrument is not found or faulty, or two of them use the same item or scale id.
    """
    shipped = shipped_pages("surveys")
    headline = message("The questionnaires cannot be used.")
    faults: list[Fault] = []
    by_id: dict[str, Instrument] = {}
    for name in names:
        path = folder / name if name.endswith((".yaml", ".yml")) else shipped.get(name)
        if path is None:
            faults.append(
                Fault(
                    f"{named_in} instruments",
                    message("there is no questionnaire “{name}”.", name=name),
                    message("Write one of {choices}, or the name of a file beside it.", choices=sorted(shipped)),
                )
            )
            continue
        try:
            instrument, _ = read_page(path, Instrument, headline)
        except PilotError as error:
            faults.extend(error.faults)
            continue
        faults.extend(_shared_ids(path.name, instrument, by_id))
        by_id[instrument.id] = instrument
    if faults:
        raise PilotError(headline, faults)
    return Instruments(by_id)


def read_form(name: str, folder: Path) -> ComposedForm:
    """Read a form by name, with its questions: a shipped one (`baseline`), or a page in the folder (`own.yaml`).

    Raises:
        PilotError: there is no such form, it is faulty, or it asks a scale that no questionnaire has.
    """
    headline = message("The form cannot be used.")
    shipped = shipped_pages("surveys/forms")
    path = folder / name if name.endswith((".yaml", ".yml")) else shipped.get(name)
    if path is None:
        found = message("there is no form “{name}”.", name=name)
        remedy = message("Write one of {choices}, or the file name of a page of your own.", choices=sorted(shipped))
        raise PilotError(headline, [Fault(name, found, remedy)])
    return compose_page(*read_page(path, Form, headline), path.parent)


def shipped_forms() -> dict[str, ComposedForm]:
    """Every shipped form by its name."""
    return {name: read_form(name, Path()) for name in shipped_pages("surveys/forms")}


def compose_page(form: Form, source: PageSource, folder: Path) -> ComposedForm:
    """Put the questions into a form that was read from a page.

    Its own questionnaires go before the shipped ones, of which only those are read that it asks.

    Raises:
        PilotError: a questionnaire is faulty, or the form asks what no questionnaire has.
    """
    known = read_instruments(form.instruments, folder, source.name).by_id
    asked = {*form.scale_ids, *form.open_question_ids}
    for name in shipped_pages("surveys"):
        missing = asked.difference(*(page.ids for page in known.values()))
        if not missing:
            break
        (page,) = read_instruments([name], folder).by_id.values()
        if not missing.isdisjoint(page.ids):
            faults = list(_shared_ids(source.name, page, known))
            if faults:
                raise PilotError(message("The form cannot be used."), faults)
            known[page.id] = page
    faults = list(_unknown_questions(form, source, known))
    if faults:
        raise PilotError(message("The form cannot be used."), faults)
    return compose(form, Instruments(known))


def _unknown_questions(form: Form, source: PageSource, known: dict[str, Instrument]) -> Iterator[Fault]:
    scales = {scale.id for page in known.values() for scale in page.scales}
    questions = {question.id for page in known.values() for question in page.open_questions}
    for index, section in enumerate(form.sections):
        for place, scale_id in enumerate(section.scales):
            if scale_id not in scales:
                yield Fault(
                    source.place(("sections", index, "scales", place)),
                    message("no questionnaire has a scale “{scale}”.", scale=scale_id),
                    message("`pilot survey list` shows what there is; name pages of your own under “instruments”."),
                )
        for place, question_id in enumerate(section.open_questions):
            if question_id not in questions:
                yield Fault(
                    source.place(("sections", index, "open_questions", place)),
                    message("no questionnaire has an open question “{id}”.", id=question_id),
                    message("`pilot survey list` shows what there is; name pages of your own under “instruments”."),
                )


def _shared_ids(name: str, instrument: Instrument, known: dict[str, Instrument]) -> Iterable[Fault]:
    taken = {identifier for other in known.values() for identifier in other.ids}
    for identifier in instrument.ids:
        if identifier in taken:
            yield Fault(
                name,
                message("the id “{id}” is used by another questionnaire too.", id=identifier),
                message("Give it another id; answers are told apart by it."),
            )
