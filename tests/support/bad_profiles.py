"""Profiles, selections, names and paths as a slip of the hand, a script or somebody hostile would give them."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from unvanish.suite.experiment.profile import FOLDER

SMOKE = (FOLDER / "smoke.toml").read_text()
BIDI, ESCAPE, NUL, LONG = "a\u202egnp.exe", "\x1b[31mred\x1b]0;title\x07", "a\x00b", "x" * 59_000
TEXTS = ("", " ", "[/]", "[bold]", "[red]x[/red]", "a\nb", "\t", ":smile:", "../..", "/", "a/b", "{0}", "%s", "'; DROP TABLE runs; --", "nan", "ä 字 🙂")
UNPRINTABLE = (ESCAPE, BIDI, NUL, "\ufeff", "\u2028", "\x7f\x9b")
NESTED = ("(" * 500, "+" * 500, "none(" + "[" * 900, "none(x=" + "-" * 900 + "1)", "none({[]}=1)")
HOSTILE_TEXTS = (*TEXTS, *UNPRINTABLE, *NESTED, LONG)
NUMBERS = (0, -1, 1, 2, 700, 1000, 1001, 10**6, 10**9, 2**31, 2**63 - 1, 10**30)
FRACTIONS = (0.0, -0.0, 0.5, 1.0, 1.0000001, 1e-45, 1e30, 1e308, float("inf"), float("-inf"), float("nan"))
KEYS = (  # where a value of a profile stands
    *(("name",), ("description",), ("models",), ("mitigations",), ("hidden_size",), ("match",), ("batch_size",), ("steps",), ("evaluate_every",)),
    *(("validation_sequences",), ("test_sequences",), ("probe_sequences",), ("tuning_seeds",), ("evaluation_seeds",), ("learning_rates",)),
    *(("learning_rates", key) for key in ("count", "most", "ratio", "sgd", "rmsprop", "adam")),
    *(("mitigation",), ("mitigation", "truncated_bptt"), ("mitigation", "truncated_bptt", "window"), ("plugins",), ("task",)),
    *(("task", 0, "name"), ("task", 0, "lags"), ("task", 0, "steps"), ("task", 0, "parameters"), ("task", 0, "parameters", "copied")),
)


def as_toml(value: Any) -> str:
    """Write a value as TOML, tables inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {as_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    """Write a text in the quotes of TOML."""
    escaped = (c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(escaped)}"'


def profile_text(changes: Iterable[tuple[tuple[str | int, ...], Any]]) -> str:
    """Return the profile smoke with other values in some places; None takes the key away."""
    content = tomllib.loads(SMOKE)
    for place, value in changes:
        at: Any = content
        for key in place[:-1]:
            at = at.setdefault(key, {}) if isinstance(at, dict) else at[key] if isinstance(at, list) and len(at) > key else {}
        if isinstance(at, dict) and value is None:
            at.pop(place[-1], None)
        elif isinstance(at, dict):
            at[place[-1]] = value
    return "".join(f"{quoted(key)} = {as_toml(value)}\n" for key, value in content.items())


characters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(characters, max_size=30))
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(-5, 3000), st.integers())
scalars = st.one_of(numbers, st.sampled_from(FRACTIONS), st.booleans(), texts)
nested = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=3)), max_leaves=6)
changes = st.lists(st.tuples(st.sampled_from(KEYS), st.one_of(scalars, scalars, st.lists(scalars, max_size=5), nested, st.none())), min_size=1, max_size=3)
cut_texts = st.builds(lambda place, text: SMOKE[:place] + text + SMOKE[place:], st.integers(0, len(SMOKE)), st.text(characters, max_size=8))
profiles = st.one_of(changes.map(profile_text), changes.map(profile_text), cut_texts)
selections = st.one_of(
    texts,
    st.lists(st.tuples(st.sampled_from(("task", "lag", "model", "mitigation", "", "seed")), texts), min_size=1, max_size=3).map(
        lambda parts: ",".join(f"{key}={value}" for key, value in parts)
    ),
)

# Each did harm once: a traceback, gigabytes, minutes, or a plan of what nobody can train.
HOSTILE_PROFILES = {
    "markup in the name": profile_text([(("name",), "[/]")]),
    "markup in the description": profile_text([(("description",), "a [/] b [/bold]")]),
    "escape codes in the name": profile_text([(("name",), ESCAPE)]),
    "escape codes in the description": profile_text([(("description",), ESCAPE + BIDI)]),
    "700 rates": profile_text([(("learning_rates", "count"), 700), (("learning_rates", "most"), None)]),
    "700 rates close to each other": profile_text([(("learning_rates",), {"count": 700, "ratio": 1.01, "sgd": 0.1, "rmsprop": 0.1, "adam": 0.1})]),
    "a million rates": profile_text([(("learning_rates",), {"count": 10**6, "ratio": 1.00001, "sgd": 0.1, "rmsprop": 0.1, "adam": 0.1})]),
    "a billion rates": profile_text([(("learning_rates",), {"count": 10**9, "ratio": 1.1, "sgd": 0.1, "rmsprop": 0.1, "adam": 0.1})]),
    "equal rates": profile_text([(("learning_rates", "ratio"), 1.0000001)]),
    "rates beyond single precision": profile_text([(("learning_rates", "ratio"), 1e308)]),
    **{
        f"lag {lag} of {name}": profile_text([(("task", i, "lags"), [lag])])
        for i, name in enumerate(("copy_memory", "first_symbol"))
        for lag in (10**9, 10**30)
    },
    "a lag of digits": profile_text([(("task",), [{"name": "digits", "lags": [10**8]}])]),
    "a lag of a table": profile_text([(("task",), [{"name": "table", "lags": [10**8]}])]),
    "steps of a table": profile_text([(("task",), [{"name": "table", "lags": [0], "parameters": {"steps": 10**9}}])]),
    **{f"hidden_size {size}": profile_text([(("hidden_size",), size)]) for size in (10**6, 10**9, 10**30)},
    **{f"hidden_size {size} by parameters": profile_text([(("hidden_size",), size), (("match",), "parameters")]) for size in (4096, 10**6, 10**9)},
    "hidden_size of a Keras model": profile_text([(("hidden_size",), 10**6), (("models",), ["tcn"])]),
    "a Keras model by parameters": profile_text([(("hidden_size",), 200), (("models",), ["tcn", "lstm"]), (("match",), "parameters")]),
    "a huge batch": profile_text([(("batch_size",), 10**12)]),
    "huge evaluation sets": profile_text([(("validation_sequences",), 10**12), (("test_sequences",), 10**12)]),
    "huge steps": profile_text([(("steps",), 10**15), (("evaluate_every",), 10**15)]),
    "100,000 seeds": profile_text([(("evaluation_seeds",), list(range(2, 100_002)))]),
    "a seed beyond 32 bits": profile_text([(("evaluation_seeds",), [2**40])]),
    "100,000 lags": profile_text([(("task", 1, "lags"), list(range(1, 100_001)))]),
    "5,000 mitigations": profile_text([(("mitigations",), [f"truncated_bptt(window={i})" for i in range(1, 5001)])]),
    "100,000 models": profile_text([(("models",), [f"m{i}" for i in range(100_000)])]),
    "a parameter beyond 32 bits": profile_text([(("mitigation", "truncated_bptt", "window"), 10**12)]),
    "an infinite parameter": profile_text([(("mitigations",), ["gradient_clipping(threshold=1e999)"])]),
    "a long unknown name": profile_text([(("models",), [LONG])]),
    "a long name": profile_text([(("name",), LONG)]),
    "a long key": SMOKE.replace("hidden_size", LONG),
    "a long value": profile_text([(("hidden_size",), LONG)]),
    "a long list": profile_text([(("hidden_size",), ["x"] * 50_000)]),
    "a number of 100,000 digits": SMOKE.replace("hidden_size = 8", f"hidden_size = {'9' * 100_000}"),
    "a hexadecimal number of 100,000 digits": SMOKE.replace("hidden_size = 8", f"hidden_size = 0x{'f' * 100_000}"),
    "lists in lists": SMOKE.replace("hidden_size = 8", f"hidden_size = {'[' * 5000}{']' * 5000}"),
    "tables in tables": SMOKE.replace("copied = 2", ".".join("a" * 5000) + " = 1"),
    "a date as a parameter": SMOKE.replace("copied = 2", "copied = 1979-05-27"),
    "a date": SMOKE.replace("hidden_size = 8", "hidden_size = 1979-05-27T07:32:00Z"),
    "NUL in a path": profile_text([(("task",), [{"name": "table", "lags": [0], "parameters": {"file": "a\0.csv"}}])]),
    "NUL in a plug-in": profile_text([(("plugins",), ["a\0.py"])]),
    "an empty plug-in": profile_text([(("plugins",), [""])]),
    "a device as plug-in": profile_text([(("plugins",), ["/dev/zero"])]),
    "a device as table": profile_text([(("task",), [{"name": "table", "lags": [0], "parameters": {"file": "/dev/zero"}}])]),
    "a mitigation of brackets": profile_text([(("mitigations",), ["none(x=" + "[" * 900 + "]" * 900 + ")"])]),
    "a mitigation of minus signs": profile_text([(("mitigations",), ["none(x=" + "-" * 50_000 + "1)"])]),
    "a mitigation with a set": profile_text([(("mitigations",), ["gradient_clipping(threshold={[]})"])]),
    "a mitigation of spaces": profile_text([(("mitigations",), ["a" + " " * 50_000 + "b("])]),
    "a mitigation of plus signs": profile_text([(("mitigations",), ["+" * 50_000])]),
}


def other_files(folder: Path) -> dict[str, Path]:
    """Make paths that are no profile, table or plug-in, by what they are."""
    import os

    (folder / "folder.toml").mkdir()
    (folder / "large.toml").write_bytes(b"#" * (2 << 20))
    (folder / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "nul.toml").write_bytes(b"name = 'a\0b'")
    (folder / "loop.toml").symlink_to(folder / "loop.toml")
    os.mkfifo(folder / "pipe.toml")
    made = {path.stem: path for path in sorted(folder.iterdir())}
    return made | {"zero": Path("/dev/zero"), "stdin": Path("/dev/stdin"), "long": folder / ("x" * 5000), "inside a file": folder / "large.toml" / "x.toml"}
