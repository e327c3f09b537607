"""The program in a text is found however a model sets it off, and prose is not taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.verifiers.program_text import program_in

ADD = "def add(a, b):\n    return a + b"


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{ADD}\n```",
        f"Here it is:\n\n```python\n{ADD}\n```\nIt adds.",
        f"```py\n{ADD}\n```",
        f"```Python title=add.py\n{ADD}\n```",
        f"~~~python\n{ADD}\n~~~",
        f"````python\n{ADD}\n````",
        f"```\n{ADD}\n```",
        f"1. First:\n   ```python\n   {ADD.replace(chr(10), chr(10) + '   ')}\n   ```",
        f"```python\n{ADD}",
        f"{ADD}\n```\nThis adds two numbers.",
        f"Sure.\n\n{ADD}\n\nThis adds two numbers.",
        f"Sure:\n\n    {ADD.replace(chr(10), chr(10) + '    ')}\n\nThis adds two numbers.",
        f"```text\nsome output\n```\n```python\n{ADD}\n```",
        f"```python\n{ADD}\n```\nOutput:\n```\n5\n```",
    ],
)
def test_a_program_is_found_in_its_block_or_by_its_looks(text: str) -> None:
    assert program_in(text) == ADD


def test_several_blocks_are_one_program_in_order() -> None:
    text = "```python\nimport math\n```\nand then\n```python\ndef f(x):\n    return math.sqrt(x)\n```"
    assert program_in(text) == "import math\ndef f(x):\n    return math.sqrt(x)"


def test_lines_outside_a_block_go_on_until_prose_begins() -> None:
    program = "from math import sqrt\n\nROOT = sqrt(2)\n\n@cache\ndef f(x):\n\n    return x\n\nprint(f(1))"
    assert program_in(f"{program}\nSo f gives back 1.") == program


@pytest.mark.parametrize("text", ["", "The answer is 5.", "```\n5\n```", "```bash\npip install add\n```", "2 + 3 = 5"])
def test_a_text_without_a_program_has_none(text: str) -> None:
    assert program_in(text) is None


@given(st.text(alphabet="`~py \n\tdef(:x=#@.", max_size=80))
def test_whatever_is_found_stands_in_the_text(text: str) -> None:
    assert set((program_in(text) or "").split()) <= set(text.split())
