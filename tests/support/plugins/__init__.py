"""Plug-ins that tests train, one file each, written as a user would write them, and the templates under the names by which tests know them."""

from pathlib import Path

from unvanish.suite.plugin_templates import source

FOLDER = Path(__file__).parent
SIGN, STACKED, JANET = source("mitigation", "sign"), source("model", "stacked"), source("cell", "janet")
PARITY, STATE, NORMS, UNIFORM = source("task", "parity"), source("probe", "state"), source("figure", "norms"), source("reference", "uniform")
RMSE = source("metric", "rmse")
EXAMPLES = SIGN, STACKED, JANET, PARITY, STATE, NORMS, UNIFORM, RMSE
