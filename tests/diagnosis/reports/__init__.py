"""Programs rebuilt from public reports, by the kind of their fault."""

import importlib
import pkgutil

from tests.diagnosis.reports.report import FORMS, REPORTS, Report

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")

__all__ = ["FORMS", "REPORTS", "Report"]
