"""Plug-ins for tests, each a file as a user would write it."""

from pathlib import Path

FOLDER = Path(__file__).parent
