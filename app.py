"""The leadership dashboard: `streamlit run app.py -- FOLDER_OR_FILE`."""

from pilot.dashboard import main

main()
