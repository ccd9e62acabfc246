"""The tables of a pilot: their columns, types and rules.

- `columns`: names and keys
- `tables`: typed tables, and tables on their way in
- `checks`: everything that is wrong with a table, by row and column of the user's own file
"""
