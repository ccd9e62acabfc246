"""What the command line says, in the user's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pilot.errors import PilotError
from pilot.i18n import Language, Message, message

if TYPE_CHECKING:  # planning starts at once: it never loads pandas
    import pandas as pd

MOST_FAULTS_SHOWN = 20
TABLE_WIDTH = 110


@dataclass(frozen=True)
class Speaker:
    """Prints sentences; results on standard output, faults on standard error.

    Attributes:
        language: Of every sentence.
    """

    language: Language

    def say(self, sentence: Message | str) -> None:
        """Print a sentence."""
        Console(soft_wrap=True, highlight=False).print(escape(self._text(sentence)))

    def done(self, sentence: Message) -> None:
        """Print what was achieved."""
        Console(soft_wrap=True, highlight=False).print(f"[green]✓[/] {escape(self._text(sentence))}")

    def warn(self, sentence: Message) -> None:
        """Print what the user should know before going on."""
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[yellow]![/] {escape(self._text(sentence))}")

    def table(self, rows: pd.DataFrame) -> None:
        """Print a table; an empty one is left out."""
        if rows.empty:
            return
        shown = Table(box=None, pad_edge=False)
        for place, heading in enumerate(rows.columns):
            shown.add_column(str(heading), justify="right" if place else "left")
        for row in rows.itertuples(index=False):
            shown.add_row(*map(escape, row))
        Console(width=TABLE_WIDTH, highlight=False).print(shown)

    def complain(self, error: PilotError, most: int = MOST_FAULTS_SHOWN) -> None:
        """Print what is wrong, one fault a line, and of so many faults how many there are."""
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(f"[red]✗[/] {escape(self._text(error.headline))}")
        for fault in error.faults[:most]:
            console.print(f"  {escape(fault.text(self.language))}")
        hidden = len(error.faults) - most
        if hidden > 0:
            console.print(f"  {self._text(message('and {count} more.', count=hidden))}")

    def _text(self, sentence: Message | str) -> str:
        return sentence if isinstance(sentence, str) else sentence.text(self.language)
