"""A JSON schema that a person gives, and the JSON in a text that is held against it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from engine.errors import BadInputError
from engine.verifiers.pattern import Pattern, UndecidedError
from engine.verifiers.sandbox import Sandbox

SECONDS = 1.0
MOST_STARTS = 50
_FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_START = re.compile(r"[\[{]")


class JsonSchema:
    """A schema of the draft that its `$schema` names, or of 2020-12. References go to the schema itself, nowhere else.

    Args:
        written: The schema, a JSON object.
        sandbox: Where its patterns are looked for.

    Raises:
        BadInputError: It is no schema, refers to what is not in it, or uses `patternProperties`.
    """

    def __init__(self, written: str, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._ends = 0.0
        self._validator = self._build(_read(written))

    def fault(self, value: object) -> str:
        """What is wrong with a JSON value, in a few words; empty if nothing is.

        Raises:
            UndecidedError: It takes too long, or refers to itself without end.
        """
        from referencing.exceptions import Unresolvable

        self._ends = time.perf_counter() + SECONDS
        try:
            error = next(self._validator.iter_errors(value), None)
        except RecursionError:
            raise UndecidedError("the schema refers to itself without end, or the JSON is too deep") from None
        except OverflowError:
            raise UndecidedError("a number in the JSON is too large to be checked") from None
        except Unresolvable:  # below an $id of its own
            raise UndecidedError("the schema refers to a part that is not in it") from None
        if error is None:
            return ""
        message = error.message if len(error.message) <= 80 else f"{error.message[:79]}…"
        return f"{error.json_path}: {message}" if error.path else message

    def _build(self, schema: dict[str, Any]) -> Any:
        # Imported here: it takes a fifth of a second, which a run without a schema is spared.
        from jsonschema import Draft202012Validator, SchemaError, validators
        from referencing import Registry

        if any(True for _ in _values(schema, "patternProperties")):
            raise _refusal("It uses patternProperties, which is not supported here.")
        patterns = {written: Pattern(written, self._sandbox) for written in _strings(schema, "pattern")}
        named = schema.get("$schema", Draft202012Validator.META_SCHEMA["$id"])
        draft = validators.validator_for({"$schema": named}, default=None) if isinstance(named, str) else None
        if draft is None:
            raise _refusal(f"Its $schema is {named!r}, and no draft of that name is known.")
        try:
            draft.check_schema(schema)
        except SchemaError as error:
            raise _refusal(f"{error.json_path}: {error.message}.") from None
        except RecursionError:
            raise _refusal("It is nested too deeply.") from None
        _check_references(schema, draft)
        # With its draft named in it, the library would choose the validator anew, without the keywords below.
        schema = {name: part for name, part in schema.items() if name != "$schema"}
        if any(True for _ in _strings(schema, "$schema")):
            raise _refusal("A part of it names a $schema of its own.")
        keywords = {name: self._in_time(check) for name, check in draft.VALIDATORS.items()}
        keywords["pattern"] = self._in_time(_search_with(patterns))
        if "uniqueItems" in keywords:
            keywords["uniqueItems"] = self._in_time(_check_unique)
        registry: Any = Registry()  # empty: nothing is ever fetched
        return validators.extend(draft, keywords)(schema, registry=registry)

    def _in_time(self, check: Callable[..., Any]) -> Callable[..., Any]:
        """A keyword's check that looks at the clock first: even a short schema can ask for checks without number."""

        def checked(*given: Any) -> Any:
            if time.perf_counter() > self._ends:
                raise UndecidedError("the schema takes too long")
            return check(*given)

        return checked


def json_in(text: str) -> tuple[bool, object]:
    """Whether a text has JSON, and its value: all of it, else its last fenced block, else what a bracket opens."""
    fenced = _FENCED.findall(text)
    for whole in (text, *fenced[-1:]):
        try:
            return True, json.loads(whole, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            continue
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    for number, start in enumerate(_START.finditer(text)):
        if number >= MOST_STARTS:
            break
        try:
            return True, decoder.raw_decode(text, start.start())[0]
        except (ValueError, RecursionError):
            continue
    return False, None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read(written: str) -> dict[str, Any]:
    try:
        schema = json.loads(written, parse_constant=_refuse_constant)
    except RecursionError:
        raise _refusal("It is nested too deeply.") from None
    except ValueError as error:
        raise _refusal(f"It is not JSON: {error}.") from None
    if not isinstance(schema, dict):
        raise _refusal("It is JSON, but not an object in braces.")
    return schema


def _refusal(why: str) -> BadInputError:
    return BadInputError("The schema cannot be used.", why, 'A simple one: {"type": "object", "required": ["name"]}.')


def _check_references(schema: dict[str, Any], draft: Any) -> None:
    """Refuses references that lead out of the schema, or nowhere."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012, specification_with

    specification = specification_with(str(draft.META_SCHEMA.get("$schema", "")), default=DRAFT202012)
    root: Any = specification.create_resource(schema)
    registry: Any = Registry()
    resolver = registry.resolver_with_root(root)
    for reference in (*_strings(schema, "$ref"), *_strings(schema, "$dynamicRef")):
        if not reference.startswith("#"):
            raise _refusal(f"It refers to “{reference}”, and only what stands in it, as in #/$defs/name, is looked at.")
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise _refusal(f"It refers to “{reference}”, and there is no such part in it.") from None


def _values(schema: object, name: str) -> Iterator[object]:
    """What stands under this name, anywhere in a schema."""
    waiting = [schema]
    while waiting:
        match waiting.pop():
            case dict() as found:
                if name in found:
                    yield found[name]
                waiting += found.values()
            case list() as found:
                waiting += found


def _strings(schema: object, name: str) -> Iterator[str]:
    return (value for value in _values(schema, name) if isinstance(value, str))


def _search_with(patterns: dict[str, Pattern]) -> Callable[..., Iterator[Any]]:
    from jsonschema import ValidationError

    def search(validator: Any, written: str, instance: object, schema: object) -> Iterator[Any]:
        if isinstance(instance, str) and not patterns[written].is_in(instance):
            yield ValidationError(f"{instance!r} does not match {written!r}")

    return search


def _check_unique(validator: Any, wanted: bool, instance: object, schema: object) -> Iterator[Any]:
    """As the library's, which compares each pair: seconds for a few thousand objects."""
    from jsonschema import ValidationError

    if wanted and isinstance(instance, list) and len({_key(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _key(value: object) -> Hashable:
    """Equal for equal JSON values and for no others: 1 and 1.0 are equal, 1 and true are not."""
    match value:
        case dict():
            return "object", frozenset((name, _key(part)) for name, part in value.items())
        case list():
            return "array", tuple(_key(item) for item in value)
        case _:
            return isinstance(value, bool), value
