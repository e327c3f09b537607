"""Errors that come from what the sandbox lacks: its gap must not be taken for a mistake of the program."""

from __future__ import annotations

import builtins
import importlib
import re
import types

from engine.verifiers.known_gaps import MODULES

# Measured with pydantic-monty 1.4: a class may define these, and they are never called (a test tries each of them).
_IGNORED_METHOD = re.compile(
    r"^[ \t]+def (?P<name>__(?:lt|le|gt|ge|ne|len|bool|complex|bytes|reversed|format|new|class_getitem"
    r"|getattr|getattribute|setattr|i(?:add|sub|mul|matmul|truediv|floordiv|mod|pow|lshift|rshift|and|or|xor))__)\(",
    re.MULTILINE,
)

_NOT_YET = re.compile(
    r"does not yet support (?P<what>[^\n]+)|^(?P<which>Wildcard imports|type\(\) bases|matrix multiplication)\b"
)
_NO_MODULE = re.compile(r"^No module named '(?P<module>[\w.]+)'")
_NO_IMPORT = re.compile(r"^cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")
_NO_NAME = re.compile(r"^name '(?P<name>\w+)' is not defined")
_NO_MEMBER = re.compile(r"^module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'")
_NO_ATTRIBUTE = re.compile(r"^(?:type object )?'(?P<owner>\w+)'(?: object)? has no attribute '(?P<name>\w+)'")
_TOO_LARGE = re.compile(r"too large|too many|more than 255")
_TYPES: dict[str, type] = {name: value for name, value in vars(builtins).items() if isinstance(value, type)}
_TYPES |= {"function": types.FunctionType, "builtin_function_or_method": types.BuiltinFunctionType}


def gap(error: str, message: str) -> str:
    """What the sandbox lacks, if that is what this error comes from; otherwise an empty string.

    Args:
        error: The exception's name.
        message: What it says.
    """
    match error:
        case "NotImplementedError" | "TypeError":
            return _unsupported(message)
        case "SyntaxError":
            return "programs that large" if _TOO_LARGE.search(message) else _unsupported(message)
        case "RuntimeError":
            return _refused(message)
        case "PermissionError" if message.startswith("Permission denied"):
            return "files"
        case "ModuleNotFoundError" | "ImportError" | "NameError" | "AttributeError":
            return _missing(message)
        case _:
            return ""


def ignored_method(program: str) -> str:
    """The first special method that the program defines and the sandbox would never call, or an empty string."""
    found = _IGNORED_METHOD.search(program)
    return found["name"] if found else ""


def _unsupported(message: str) -> str:
    found = _NOT_YET.search(message)
    return (found["what"] or found["which"]) if found else ""


def _refused(message: str) -> str:
    if message.startswith("suspension limit"):
        return "that many calls to the outside"
    if message.startswith("Internal error in monty"):
        return "something in this program"
    found = re.match(r"'(?P<what>[\w.]+)' is not supported in this environment", message)
    return found["what"] if found else ""


def _missing(message: str) -> str:
    if found := _NO_MODULE.match(message):
        return f"the module {found['module']}"
    if found := _NO_IMPORT.match(message) or _NO_MEMBER.match(message):
        return f"{found['module']}.{found['name']}" if _module_has(found["module"], found["name"]) else ""
    if found := _NO_NAME.match(message):
        return f"{found['name']}()" if found["name"] in vars(builtins) else ""
    if found := _NO_ATTRIBUTE.match(message):
        return _attribute(found["owner"], found["name"])
    return ""


def _module_has(module: str, name: str) -> bool:
    return module in MODULES and hasattr(importlib.import_module(module), name)


def _attribute(owner: str, name: str) -> str:
    if name.startswith("__") and name.endswith("__"):
        return f"looking at {name}"
    return f"{owner}.{name}" if owner in _TYPES and hasattr(_TYPES[owner], name) else ""
