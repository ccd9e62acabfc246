"""One file, checked as a whole, into the store: all of it or nothing."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pilot.errors import Fault, PilotError
from pilot.i18n import LANGUAGES, message
from pilot.imports.files import read_sheet
from pilot.imports.mapping import Mapping, apply_mapping, check_mapping, guess_mapping
from pilot.plan import Protocol
from pilot.schema.checks import Surroundings, check
from pilot.schema.columns import CONTRACTS, TableName
from pilot.schema.tables import CellFault
from pilot.store import ImportRecord, Store


@dataclass(frozen=True)
class ImportOutcome:
    """What an import did.

    Attributes:
        record: Where the rows came from and how many were new.
        n_rows: Rows of our table that the file holds.
        encoding: How the file was written.
    """

    record: ImportRecord
    n_rows: int
    encoding: str


@dataclass(frozen=True)
class Rejection:
    """Where the fault list of a refused file is kept.

    Attributes:
        folder: Folder for fault lists; made when needed.
    """

    folder: Path

    def write(self, file_name: str, faults: Sequence[CellFault]) -> Path:
        """Write every fault with its row and column as CSV that Excel opens; returns where."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sheet = io.StringIO()
        writer = csv.writer(sheet)
        writer.writerow(
            [
                "row",
                "column",
                *(f"{part}_{language}" for language in LANGUAGES for part in ("found", "remedy")),
            ]
        )
        for fault in faults:
            texts = [part.text(language) for language in LANGUAGES for part in (fault.found, fault.remedy)]
            writer.writerow([fault.row, fault.column, *texts])
        path = self.folder / f"{Path(file_name).stem}-faults.csv"
        path.write_text(sheet.getvalue(), "utf-8-sig")
        return path


def import_file(
    path: Path,
    protocol: Protocol,
    store: Store,
    rejection: Rejection,
    imported_at: datetime,
    *,
    seal_sha256: str | None = None,
    mapping: Mapping | None = None,
    table: TableName = "responses",
) -> ImportOutcome:
    """Import one file.

    Args:
        path: The file.
        protocol: The plan and its questionnaires.
        store: Where the rows go.
        rejection: Where a fault list is written.
        imported_at: Now.
        seal_sha256: Of the sealed plan; None before the seal.
        mapping: How its columns are called; without one they carry our names.
        table: Which table it is, when there is no mapping.

    Raises:
        PilotError: anything is wrong with it; the store is unchanged.
    """
    if mapping:
        check_mapping(mapping, protocol)
    sheet = read_sheet(path, mapping.sheet if mapping else None)
    draft = apply_mapping(mapping or guess_mapping(table, sheet, protocol), sheet)
    frame, faults = check(draft, _surroundings(draft.table, protocol, store))
    record = ImportRecord(
        draft.table, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), imported_at, 0, seal_sha256
    )
    if not faults:
        record, faults = store.save(draft, frame, record)
    if faults:
        faults_path = rejection.write(path.name, faults)
        raise PilotError(
            message(
                "{file} was not imported; nothing was changed. All {count} faults by row and column: {list}",
                file=path.name,
                count=len(faults),
                list=faults_path,
            ),
            [Fault(f"{path.name}:{fault.row} [{fault.column}]", fault.found, fault.remedy) for fault in faults],
        )
    return ImportOutcome(record, len(frame), sheet.encoding)


def _surroundings(table: TableName, protocol: Protocol, store: Store) -> Surroundings:
    """What the table refers to, read only where it does."""
    references = {column.reference for column in CONTRACTS[table].columns}
    return Surroundings(
        protocol,
        person_ids=store.person_ids() if "persons" in references else frozenset(),
        goal_ids=store.goal_ids() if "goals" in references else frozenset(),
    )
