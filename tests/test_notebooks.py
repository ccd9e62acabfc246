"""Every notebook runs from top to bottom, and is stored without output beside its text."""

from __future__ import annotations

import warnings
from pathlib import Path

import jupytext
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_pair_is_in_step_and_without_output(path):
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    text = jupytext.read(path)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in text.cells]
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path, monkeypatch):
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own machinery; the cells run in another process
        from nbclient import NotebookClient

        notebook = jupytext.read(path)
        NotebookClient(
            notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": path.parent}}
        ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown)
    assert any("推广" in output.get("text", "") or "定论" in output.get("text", "") for output in shown)
