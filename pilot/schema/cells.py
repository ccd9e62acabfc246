"""Texts to dates, numbers, codes and flags, and what cannot be read as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from pilot.i18n import Message, message
from pilot.instruments import Instruments
from pilot.schema.columns import Column
from pilot.schema.tables import CellFault, Draft

MOST_NAMED = 8
FLAGS = {"1": 1, "yes": 1, "y": 1, "true": 1, "是": 1, "0": 0, "no": 0, "n": 0, "false": 0, "否": 0}


def read_cells(draft: Draft, column: Column, instruments: Instruments) -> tuple[pd.Series[Any], list[CellFault]]:
    """A column of a draft in its own type (missing where there is no entry), and every cell that is not of it."""
    texts = draft.frame[column.name]
    if column.kind == "date":
        return _dates(draft, column, texts)
    if column.kind in ("number", "answer"):
        return _numbers(draft, column, texts, instruments)
    if column.kind == "flag":
        return _flags(draft, column, texts)
    if column.kind == "code":
        codes = _plain(texts).str.casefold()
        faults = unknown(draft, column.name, codes, column.choices, message("the list of codes"))
        return codes.mask(codes == "", np.nan), list(faults)
    return texts.mask(texts == "", np.nan), []


def unknown(
    draft: Draft, column: str, values: pd.Series[str], known: Iterable[str], where: Message
) -> Iterator[CellFault]:
    """Entries that `where` does not know; a blank is not one of them."""
    known = frozenset(known)
    if len(known) <= MOST_NAMED:
        remedy = message("Known there: {choices}. Correct it, or map it in the mapping file.", choices=sorted(known))
    else:
        remedy = message("Correct it, map it in the mapping file, or add it there first.")
    wrong = ~values.isin(known) & (values != "")
    for index in wrong.to_numpy().nonzero()[0]:
        value = draft.frame[column].iloc[int(index)]
        yield draft.fault(
            int(index), column, message("“{value}” is not known in {where}.", value=value, where=where), remedy
        )


def _plain(texts: pd.Series[str]) -> pd.Series[str]:
    """Without full-width letters and digits, and without space around."""
    return texts.str.normalize("NFKC").str.strip()


def _dates(draft: Draft, column: Column, texts: pd.Series[str]) -> tuple[pd.Series[Any], list[CellFault]]:
    plain = texts.str.replace(r"[/.年月]", "-", regex=True).str.replace("日", "").str.replace(" 00:00:00", "")
    dates = pd.to_datetime(plain.where(plain != ""), format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    what = message("“{value}” is not a date of the calendar.").msgid
    wrong = dates.isna() & (texts != "")
    return dates, list(draft.faults_where(wrong, column.name, what, message("Write it as 2027-03-01.")))


def _flags(draft: Draft, column: Column, texts: pd.Series[str]) -> tuple[pd.Series[Any], list[CellFault]]:
    plain = _plain(texts).str.casefold()
    flags = plain.map(FLAGS)
    what = message("“{value}” is neither yes nor no.").msgid
    wrong = flags.isna() & (texts != "")
    faults = list(draft.faults_where(wrong, column.name, what, message("Write 1 or 0, yes or no, 是 or 否.")))
    return flags.fillna(0).astype("int64"), faults


def _numbers(
    draft: Draft, column: Column, texts: pd.Series[str], instruments: Instruments
) -> tuple[pd.Series[float], list[CellFault]]:
    plain = _plain(texts)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    what, remedy = message("“{value}” is not a number.").msgid, message("Write digits only, without a unit.")
    if column.kind == "answer":
        what = message("“{value}” is neither a number nor one of the answer labels.").msgid
        remedy = message("Write the code of the answer, or its label as in the questionnaire.")
        rows = numbers.isna()
        numbers = numbers.fillna(_labels_as_codes(draft.frame["item_id"][rows], plain[rows], instruments))
    infinite = numbers.isin([float("inf"), float("-inf")])
    wrong = (numbers.isna() | infinite) & (texts != "")
    faults = list(draft.faults_where(wrong, column.name, what, remedy))
    return numbers, faults + list(_out_of_bounds(draft, column, numbers.where(~infinite)))


def _labels_as_codes(item_ids: pd.Series[str], texts: pd.Series[str], instruments: Instruments) -> pd.Series[float]:
    labels = {item_id: instruments.answers_of(item_id).codes_by_label() for item_id in instruments.items}
    pairs = zip(item_ids, texts, strict=True)
    codes = [labels.get(item_id, {}).get(text.casefold()) for item_id, text in pairs]
    return pd.Series(codes, index=texts.index, dtype=float)


def _out_of_bounds(draft: Draft, column: Column, numbers: pd.Series[float]) -> Iterator[CellFault]:
    lowest = float("-inf") if column.lowest is None else column.lowest
    highest = float("inf") if column.highest is None else column.highest
    what = message("“{value}” is out of range.").msgid
    remedy = message("Numbers go from {lowest} to {highest} here.", lowest=lowest, highest=highest)
    return draft.faults_where((numbers < lowest) | (numbers > highest), column.name, what, remedy)
