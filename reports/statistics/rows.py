"""Rows of trials, as a table of pandas or as an array a column: to make a table for each of 10,000 conditions takes minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]  # by column, all of one length
Rows: TypeAlias = "pd.DataFrame | Arrays"


def arrays(table: pd.DataFrame) -> Arrays:
    """The columns of a table; of numbers, what is missing is not a number."""
    return {str(name): table[name].to_numpy(float, na_value=np.nan) if table[name].dtype == "Int64" else table[name].to_numpy() for name in table}


def where(rows: Rows, chosen: NDArray[Any]) -> Any:
    """Return some of the rows, of the same kind, by their places or by whether each is one of them."""
    return rows[chosen] if isinstance(rows, pd.DataFrame) else {name: values[chosen] for name, values in rows.items()}


def numbers(values: pd.Series | NDArray[Any]) -> NDArray[np.float64]:
    """The numbers that are not missing."""
    known = values.to_numpy(float, na_value=np.nan) if isinstance(values, pd.Series) else values.astype(float)
    return known[~np.isnan(known)]
