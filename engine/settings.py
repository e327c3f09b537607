"""Settings that strategies and verifiers declare, so that the window and the command line offer the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from engine.errors import BadInputError
from engine.setup import Value


class Setting(Struct, frozen=True):
    """One value a person can change, with its bounds and a sentence that teaches what it does.

    `maximum` of a text is its length in characters; `lines` is how many of them are seen at once. What is `seldom`
    changed is folded away in the window. A `required` text has no default that would do.
    """

    name: str
    kind: Literal["int", "float", "choice", "bool", "text"]
    default: Value
    title: str
    help: str
    minimum: float = 0
    maximum: float = 1
    choices: tuple[str, ...] = ()
    lines: int = 1
    seldom: bool = False
    required: bool = False


def resolve(settings: Sequence[Setting], given: Mapping[str, Value], owner: str = "strategy") -> dict[str, Value]:
    """The value of every setting: the given one, checked, or the default. `owner` is whose settings they are.

    Raises:
        BadInputError: A name is unknown, or a value has the wrong type or is out of bounds.
    """
    known = {setting.name: setting for setting in settings}
    for name in given:
        if name not in known:
            offered = ", ".join(known) or "none"
            raise BadInputError(f"There is no setting “{name}”.", f"This {owner} has: {offered}.")
    return {name: _checked(setting, given.get(name, setting.default)) for name, setting in known.items()}


def _checked(setting: Setting, value: Value) -> Value:
    if setting.kind == "choice":
        if value not in setting.choices:
            raise BadInputError(
                f"{setting.title} cannot be “{value}”.", f"Choose one of: {', '.join(setting.choices)}."
            )
        return value
    if setting.kind == "bool":
        return _as_bool(setting, value)
    if setting.kind == "text":
        return _as_text(setting, value)
    number = _as_number(setting, value)
    if not setting.minimum <= number <= setting.maximum:
        raise BadInputError(
            f"{setting.title} cannot be {value}.", f"It goes from {setting.minimum:g} to {setting.maximum:g}."
        )
    return int(number) if setting.kind == "int" else number


def _as_bool(setting: Setting, value: Value) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    found = words.get(str(value).lower())
    if found is None:
        raise BadInputError(f"{setting.title} cannot be “{value}”.", "Use true or false.")
    return found


def _as_text(setting: Setting, value: Value) -> str:
    text = str(value)
    if len(text) > setting.maximum:
        raise BadInputError(
            f"{setting.title} is too long: {len(text):,} characters.", f"It may have {setting.maximum:,.0f}."
        )
    return text


def _as_number(setting: Setting, value: Value) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
        if setting.kind == "int" and number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        kind = "a whole number" if setting.kind == "int" else "a number"
        raise BadInputError(f"{setting.title} cannot be “{value}”.", f"It must be {kind}.") from None
    return number
