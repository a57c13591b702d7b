"""Uncertainty of results; one question a file. Tables have named columns and arrays named dimensions, so that no axis can be mistaken."""
