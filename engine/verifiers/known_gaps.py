"""What Python has and the sandbox is known to lack, found in a program before it runs."""

from __future__ import annotations

import ast

MODULES = frozenset((
    "asyncio", "base64", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "functools",
    "hashlib", "itertools", "json", "math", "os", "pathlib", "random", "re", "sys", "time", "tomllib", "typing",
))  # fmt: skip
"""The modules the sandbox has. Only these are ever imported here to look something up: a message can name any."""


def first_gap(tree: ast.Module) -> tuple[int, str]:
    """The first thing in a parsed program that the sandbox is known to lack, and its line; (0, "") without one."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr))
    return min(((node.lineno, lacking) for node in nodes if (lacking := _lacking(node))), default=(0, ""))


def _lacking(node: ast.AST) -> str:
    match node:
        case ast.Yield() | ast.YieldFrom():
            return "generators (yield)"
        case ast.Delete():
            return "the del statement"
        case ast.ClassDef(bases=bases, keywords=keywords) if bases or keywords:
            return "classes that inherit"
        case ast.TryStar():
            return "exception groups"
        case ast.Import(names=names):
            return next((_module(name.name) for name in names if _module(name.name)), "")
        case ast.ImportFrom(module=str(module)):
            return _module(module)
        case _:
            return ""


def _module(name: str) -> str:
    return "" if name.partition(".")[0] in MODULES else f"the module {name}"
