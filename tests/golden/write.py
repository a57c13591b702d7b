"""Write the golden numbers anew: `python -m tests.golden.write`, after a version was raised."""

import json

from tests.golden.numbers import STORED, as_data, golden

if __name__ == "__main__":
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    lines = json.dumps(as_data(golden())).replace('{"versions"', '\n{"versions"')
    STORED.write_text(lines + "\n", encoding="utf-8")
