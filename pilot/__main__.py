"""`python -m pilot` is the command `pilot`."""

from pilot.cli import main

main()
