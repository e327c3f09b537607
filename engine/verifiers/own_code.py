"""Python that a person types into a setting, as a tree."""

from __future__ import annotations

import ast
import warnings

from engine.errors import BadInputError


def parsed(code: str, what: str) -> ast.Module:
    """The tree of a piece of code. Nothing of it is run.

    Args:
        code: What the person wrote.
        what: What it is called in the message, as “Your function”.

    Raises:
        BadInputError: It is not Python; the reason names the line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a “\\d” in a plain string nobody wants to hear at every keystroke
            return ast.parse(code)
    except SyntaxError as error:
        reason = f"Line {error.lineno or 1}: {error.msg}".rstrip(".?") + "."
        raise BadInputError(f"{what} is not Python.", reason, "Correct it.") from None
    except (ValueError, RecursionError, MemoryError):
        raise BadInputError(
            f"{what} is not Python.", "It holds a NUL character, or is nested too deeply.", "Correct it."
        ) from None
