"""The script that `streamlit run` executes for an installed package."""

from pilot.dashboard import main

main()
