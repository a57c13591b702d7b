"""Figures as files: each as SVG, PDF and CSV, the CSV with the rows that are drawn."""

import pandas as pd

from tests.support import benchmarks
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.files import write_figures


def test_every_figure_with_something_to_show_is_written_as_svg_pdf_and_csv(tmp_path):
    data = benchmarks.one_condition()
    paths = list(write_figures(data, tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    names = {path.stem for path in paths}
    tables = {figure.name: figure.table(data) for figure in FIGURES}
    assert names == {"overall" if name == "overall" else f"{name}-temporal_order" for name, table in tables.items() if len(table)}
    for name in names:
        assert (tmp_path / f"{name}.svg").read_text().rstrip().endswith("</svg>") and "var(--" not in (tmp_path / f"{name}.svg").read_text()
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(tables[name.split("-")[0]])


def test_the_files_are_the_same_byte_for_byte_for_the_same_results(tmp_path):
    contents = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        contents.append({path.name: path.read_bytes() for path in write_figures(benchmarks.one_condition(), tmp_path / folder)})
    assert contents[0] == contents[1]
