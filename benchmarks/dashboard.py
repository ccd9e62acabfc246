"""How long the server needs for each page of the dashboard, from a release to everything that is sent.

    python benchmarks/dashboard.py RELEASE [--quick]

Streamlit's own test harness runs the whole script without a browser: reading and checking the release, sentences,
pictures, messages. Each page is opened anew in a session of its own; the first opening of all, which loads the code,
is left out. Median and worst of the rounds. To keep: half a second a page.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from streamlit.testing.v1 import AppTest

from pilot.dashboard.frame import PAGES, PageCode

APP = Path(__file__).parents[1] / "app.py"
AT_MOST_S = 0.5


def seconds(page: PageCode) -> float:
    """One opening of a page."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["page"] = page
    start = perf_counter()
    app.run()
    if app.exception:
        raise SystemExit(str(app.exception))
    return perf_counter() - start


def main() -> None:
    """Measure every page and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path, help="a release file or a pilot's folder")
    parser.add_argument("--quick", action="store_true", help="3 rounds instead of 15")
    options = parser.parse_args()
    sys.argv = ["app.py", str(options.release)]
    seconds("verdict")
    rounds = range(3 if options.quick else 15)
    taken = {page: [seconds(page) for _ in rounds] for page in PAGES}
    print(f"{'page':10} {'median s':>9} {'worst s':>9}")
    for page, each in taken.items():
        print(f"{page:10} {median(each):9.3f} {max(each):9.3f}")
    medians = {page: round(median(each), 3) for page, each in taken.items()}
    print(json.dumps({"median_seconds": medians, "at_most_seconds": AT_MOST_S, "rounds": len(rounds)}))


if __name__ == "__main__":
    main()
