"""The user's own function: what a person writes in Python decides the score."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from engine.errors import BadInputError
from engine.settings import Setting
from engine.types import Candidate, Problem, Score
from engine.verifiers.base import Verifier
from engine.verifiers.known_gaps import first_gap
from engine.verifiers.limits import LIMIT_SETTINGS, Limits
from engine.verifiers.outcome import REPEATABLE, TELLS_NOTHING, Outcome
from engine.verifiers.own_code import parsed
from engine.verifiers.sandbox import Sandbox, shared_sandbox

DEFAULT_FUNCTION = """\
import re

# 1 is best, 0 worst, None unsure
def score(problem, answer, text):
    # does the last sum give it?
    found = r"= *(-?[\\d.]*\\d)"
    ends = re.findall(found, text)
    if answer is None or not ends:
        return None
    return ends[-1] == answer"""

# What a score may be crosses the border; of everything else (it may be huge) only the name of its type does.
CALL = """

_given = score(_problem, _answer, _text)
_given if _given is None or isinstance(_given, (int, float)) else [type(_given).__name__]"""

SETTINGS = (
    Setting(
        "function",
        "text",
        DEFAULT_FUNCTION,
        "Your function",
        "score(problem, answer, text) gets the question, the answer found in the text (or None) and the whole text. It "
        "gives 0 to 1, or None when it cannot tell.",
        maximum=20_000,
        lines=10,
    ),
    *LIMIT_SETTINGS,
)


class UserFunction(Verifier):
    """Scores by what the person's function `score(problem, answer, text)` gives, cut to [0, 1].

    Args:
        source: Python that defines `score`.
        limits: What it may use for one candidate.
        sandbox: Where it runs.

    Raises:
        BadInputError: It is not Python, defines no such function, or is known not to work in the sandbox.
    """

    name = "user-function"
    title = "Your own function"
    help = "A Python function that you write gives the score: score(problem, answer, text), from 0 to 1."
    costs = "No model call: about a millisecond, or as long as your function takes."
    blind_spot = "It sees only what you thought of, and its sandbox lacks parts of Python."

    def __init__(self, source: str, limits: Limits, sandbox: Sandbox | None = None) -> None:
        _check(source)
        self._program = source + CALL
        self._limits = limits
        self._sandbox = sandbox or shared_sandbox()
        self._judged: dict[tuple[str, str | None, str], Outcome] = {}  # candidates often write the same

    def score(
        self, problem: Problem, candidate: Candidate, peers: Sequence[Candidate], replies: Sequence[Candidate]
    ) -> Score:
        """What the function gives; None where it gives None, no number, or fails, and then the detail says why."""
        outcome = self._outcome(problem.question, candidate.answer, candidate.text)
        return _as_score(outcome.value) if outcome.kind == "ok" else Score(None, _failure(outcome))

    def _outcome(self, question: str, answer: str | None, text: str) -> Outcome:
        given = question, answer, text
        if given in self._judged:
            return self._judged[given]
        inputs = {"_problem": question, "_answer": answer, "_text": text}
        outcome = self._sandbox.run(self._program, self._limits, inputs)
        if outcome.kind in REPEATABLE:
            self._judged[given] = outcome
        return outcome


def _as_score(value: object) -> Score:
    if value is None:
        return Score(None, "your function cannot tell")
    if not isinstance(value, int | float):
        kind = value[0] if isinstance(value, list) and value else "something else"
        return Score(None, f"your function gives {kind}, not a number")
    if value != value:
        return Score(None, "your function gives nan, not a number")
    if value > 1:
        return Score(1.0, "your function gives more than 1, which counts as 1")
    if value < 0:
        return Score(0.0, "your function gives less than 0, which counts as 0")
    return Score(float(value), f"your function gives {float(value):.3g}")


def _failure(outcome: Outcome) -> str:
    if outcome.kind in TELLS_NOTHING:
        return outcome.words
    if outcome.kind in ("wrong", "error"):
        line = f" (line {outcome.inner_line})" if outcome.inner_line else ""
        return f"your function fails: {outcome.words}{line}"
    return f"your function {outcome.words}"


def _check(source: str) -> None:
    """Refuses what is known not to work before it has run.

    Raises:
        BadInputError: What is wrong, and where.
    """
    tree = parsed(source, "Your function")
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == "score"]
    if not functions:
        raise BadInputError(
            "There is no function “score”.",
            "It is what gives the score.",
            "Begin it with: def score(problem, answer, text):",
        )
    function = functions[-1]
    if isinstance(function, ast.AsyncFunctionDef) or not _takes_three(function.args):
        raise BadInputError(
            "Your function “score” cannot be called with three values.",
            "It gets the question, the answer and the text.",
            "Begin it with: def score(problem, answer, text):",
        )
    _check_returns(function)
    line, lacking = first_gap(tree)
    if lacking:
        raise BadInputError(
            f"Your function uses {lacking}.", f"Line {line}: the sandbox does not support it.", "Write it without."
        )


def _takes_three(arguments: ast.arguments) -> bool:
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    return least <= 3 and (most >= 3 or arguments.vararg is not None) and None not in arguments.kw_defaults


def _check_returns(function: ast.FunctionDef) -> None:
    returns = [node.value for node in _own_nodes(function) if isinstance(node, ast.Return) and node.value is not None]
    if not returns:
        raise BadInputError("Your function never returns a score.", "", "End it with: return 0.5, or what it found.")
    for value in returns:
        if kind := _wrong_type(value):
            raise BadInputError(
                f"Your function returns {kind} in line {value.lineno}.",
                "A score is a number from 0 to 1.",
                "Return a number, or None where it cannot tell.",
            )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting[:0] = ast.iter_child_nodes(node)


def _wrong_type(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "a text"
        case ast.List() | ast.ListComp() | ast.Tuple():
            return "a list"
        case ast.Dict() | ast.DictComp() | ast.Set() | ast.SetComp():
            return "a collection"
        case _:
            return ""
