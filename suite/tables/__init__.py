"""The tables of results: their columns, types, units and meanings in one place, and how rows are made."""
