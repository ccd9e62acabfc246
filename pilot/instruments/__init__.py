"""Bilingual questionnaires: items, scales, answers, and forms composed from them, as pages in `surveys/`."""

from pilot.instruments.form import ComposedForm, Form
from pilot.instruments.model import Answers, Instrument, Instruments, Item, Scale
from pilot.instruments.reading import read_form, read_instruments, shipped_forms

__all__ = [
    "Answers",
    "ComposedForm",
    "Form",
    "Instrument",
    "Instruments",
    "Item",
    "Scale",
    "read_form",
    "read_instruments",
    "shipped_forms",
]
