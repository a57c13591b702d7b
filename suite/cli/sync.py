"""`unvanish sync`: what was trained while the store did not answer."""

from __future__ import annotations

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, TrackingUri


def sync(output: Output = DEFAULT_OUTPUT, tracking_uri: TrackingUri = None) -> None:
    """Send what a run has trained while the store did not answer, write the report again, and close the run."""
    from unvanish.suite.cli.display import Display
    from unvanish.suite.sync import sync as send

    display = Display()
    if not send(output, tracking_uri, display.message):
        display.message(f"there is nothing to send in {output}")
