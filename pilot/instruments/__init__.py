"""Bilingual questionnaires: items, scales, answers, as pages in `surveys/`."""

from pilot.instruments.model import Answers, Instrument, Instruments, Item, Scale
from pilot.instruments.reading import read_instruments

__all__ = ["Answers", "Instrument", "Instruments", "Item", "Scale", "read_instruments"]
