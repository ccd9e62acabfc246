"""The store: one database a pilot, SQLite by default, any SQLAlchemy URL by option.

- `definitions`: the database's tables, made from the contracts of the schema
- `rows`: frames to rows and back; what a file changes in what is stored
- `database`: the store itself

Everything is written in one transaction or not at all; writing the same rows again changes nothing.
"""

from pilot.store.database import Store
from pilot.store.definitions import METADATA, ImportRecord

__all__ = ["METADATA", "ImportRecord", "Store"]
