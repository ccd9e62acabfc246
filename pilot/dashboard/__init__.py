"""What leadership sees: six pages from a release. The only package that knows Streamlit."""

from pilot.dashboard.serving import is_open, serve

__all__ = ["is_open", "main", "serve"]


def main() -> None:
    """Draw the page; called by the script that Streamlit runs."""
    from pilot.dashboard.view import draw_page  # the command line serves without loading Streamlit

    draw_page()
