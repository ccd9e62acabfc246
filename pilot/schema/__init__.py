"""The tables of a pilot: their columns, types and rules.

- `columns`: the contract of every table, column by column
- `tables`: typed tables, and tables on their way in
- `cells`: texts to dates, numbers, codes and flags
- `checks`: everything that is wrong with a table, by row and column of the user's own file
"""
