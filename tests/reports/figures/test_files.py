"""Figures as files: each as SVG, PDF, PNG and CSV, whole without the page, the CSV with the rows that are drawn."""

from xml.etree import ElementTree

import pandas as pd
import pytest

from tests.support import benchmarks
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.files import write_figures

ENDINGS = ("svg", "pdf", "png", "csv")


def test_every_figure_with_something_to_show_is_written_whole(tmp_path):
    data = benchmarks.one_condition()
    paths = list(write_figures(data, tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    tables = {drawing.name: drawing.table for figure in FIGURES for drawing in figure.drawings(figure.table(data))}
    assert {path.name for path in paths} == {f"{name}.{ending}" for name in tables for ending in ENDINGS}
    assert (
        {name.split("-")[0] for name in tables}
        == {figure.name.split("_")[0] for figure in FIGURES if len(figure.table(data))}
        >= {"success", "learning", "gradients"}
    )
    for name, table in tables.items():
        svg = (tmp_path / f"{name}.svg").read_text()
        ElementTree.fromstring(svg)
        assert "var(--" not in svg and 'href="#success' not in svg and 'xlink:href="#temporal_order' not in svg
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF") and (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(table)


@pytest.mark.slow
def test_the_files_are_the_same_byte_for_byte_for_the_same_results(tmp_path):
    contents = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        contents.append({path.name: path.read_bytes() for path in write_figures(benchmarks.one_condition(), tmp_path / folder)})
    assert contents[0] == contents[1]
