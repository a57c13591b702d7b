"""What others wrote is text in a note of Markdown, read by a parser of CommonMark with tables."""

import pytest
from markdown_it import MarkdownIt

from tests.support.hostile import hostile
from unvanish.reports.markdown import code_block, literal
from unvanish.reports.shown_text import shown

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXTS = [
    "[a](javascript:ran)",
    "![a](x)",
    "**a** _b_ __c__ `d` ~~e~~",
    "<img src=x onerror=ran>",
    "a | b",
    "<http://a.b>",
    "&lt;b&gt;",
    "a\n\n# b\n- c",
    r"\*a\*",
]


@pytest.mark.parametrize("text", [*TEXTS, hostile("note")])
def test_a_text_inside_a_sentence_is_text(text):
    (_, line, _) = PARSER.parse(f"of **{literal(text)}**.")
    assert {child.type for child in line.children} <= {"text", "text_special", "strong_open", "strong_close"}
    assert "".join(child.content for child in line.children) == f"of {' '.join(shown(text).split())}."


def test_names_are_left_as_they_are():
    assert literal("gradient_clipping(threshold=0.3)+rmsprop") == "gradient_clipping(threshold=0.3)+rmsprop"


def test_a_text_in_a_table_stays_in_its_cell():
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| {literal(hostile('cell'))} | 2 |")
    assert [token.type for token in tokens].count("td_open") == 2


@pytest.mark.parametrize("command", ["unvanish run quick", "a ``` b\n```\n# c", "````", hostile("command")])
def test_a_block_of_code_ends_where_the_text_does(command):
    (block,) = PARSER.parse(code_block(command))
    assert block.type == "fence" and block.content == f"{shown(command)}\n"
