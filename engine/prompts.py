"""Prompts: the question alone, with a request to think step by step, or after three worked examples."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from engine.types import Message, Problem, Prompt

EXAMPLES = 3
CRITIQUE_REQUEST = (
    "Check this solution step by step. If all of it is right, say “Correct.” "
    "Otherwise say in one sentence what is wrong."
)
_REVISIONS = (("26 + 57", 73, 83), ("38 + 14", 42, 52))
STEP_BY_STEP = "Think step by step. Then give the result in a last line that begins with “The answer is”."

_PURE = re.compile(
    r"^(?:what is|what's|how much is|calculate|compute|work out|find|solve)?[\s:]*"
    r"(?P<expression>\(?[-−]?\$?\d[\d\s,.+*/×÷·xX()−–$-]*)[\s=?.!]*$",
    re.IGNORECASE,
)
_OPERATIONS = (("multiplication", "*×·xX"), ("division", "/÷"), ("addition", "+"), ("subtraction", "-−–"))
_SIGNS = {"plus": "+", "minus": "-", "times": "×", "multiplied by": "×", "divided by": "/"}
_SPOKEN = re.compile(r"\b(?:plus|minus|times|multiplied by|divided by)\b", re.IGNORECASE)
_ASKS_A_NUMBER = re.compile(
    r"\bhow (?:many|much|far|long|old|tall|heavy|fast)\b|\bwhat is the (?:total|sum|cost|price|average)"
)
_MAY_ASK_A_NUMBER = re.compile(
    r"\bhow (?:many|much|far|long|old|tall|heavy|fast|big|large|high|deep|often)\b|\bwhen\b"
    r"|\b(?:number|total|sum|product|difference|average|cost|price|age|year|date|time|percent|percentage|probability)\b"
    r"|\b(?:plus|minus|times|squared|percent)\b"
)
_ASKS_FOR_A_TEXT = re.compile(
    r"\s*(?:please\s+|can you\s+|could you\s+)?(?:why|explain|tell|describe|write|list|name|summari[sz]e|translate)\b",
    re.I,
)


class Example(Struct, frozen=True):
    """A worked example: a question, the steps in words and equations, and the answer."""

    question: str
    steps: str
    answer: str


def question_only(problem: Problem) -> Prompt:
    """The question as it is."""
    return Prompt((Message("user", problem.question),))


def step_by_step(problem: Problem) -> Prompt:
    """Zero-shot chain of thought (Kojima et al. 2022, arXiv 2205.11916), with the form of the answer asked for."""
    return Prompt((Message("user", f"{problem.question}\n\n{STEP_BY_STEP}"),))


def worked_examples(problem: Problem) -> Prompt:
    """Chain of thought from three worked examples of the problem's kind (Wei et al. 2022, arXiv 2201.11903)."""
    turns = []
    for example in examples_for(problem):
        turns.append(Message("user", example.question))
        turns.append(Message("assistant", f"{example.steps} The answer is {example.answer}."))
    return Prompt((*turns, Message("user", problem.question)))


def with_examples(prompt: Prompt) -> Prompt:
    """A prompt without any worked example, as a base model needs it: with examples of the question's kind in front."""
    asked = [message for message in prompt.messages if message.role == "user"]
    if len(asked) != 1 or any(message.role == "assistant" for message in prompt.messages):
        return prompt
    question = asked[0].content.removesuffix(f"\n\n{STEP_BY_STEP}")
    messages = worked_examples(Problem(question)).messages
    others = tuple(message for message in prompt.messages if message.role == "system")
    return Prompt((*others, *messages), prompt.continuation)


def critique_prompt(problem: Problem, draft: str) -> Prompt:
    """Asks the model what is wrong with its own draft (Madaan et al. 2023, arXiv 2303.17651)."""
    return Prompt(
        (Message("user", problem.question), Message("assistant", draft.strip()), Message("user", CRITIQUE_REQUEST))
    )


def revision_prompt(problem: Problem, draft: str, findings: str) -> Prompt:
    """Asks for a new solution, with what is wrong with the draft; two examples show what is wanted."""
    shown = [message for sum_, wrong, right in _REVISIONS for message in _revised(sum_, wrong, right)]
    return Prompt((*shown, Message("user", _first_try(problem.question, draft, findings))))


def _revised(sum_: str, wrong: int, right: int) -> tuple[Message, ...]:
    draft = f"We add the numbers: {sum_} = {wrong}. The answer is {wrong}."
    findings = f"{sum_} = {wrong} is wrong: {sum_} = {right}."
    return (
        Message("user", _first_try(f"What is {sum_}?", draft, findings)),
        Message("assistant", f"We add the numbers: {sum_} = {right}. The answer is {right}."),
    )


def _first_try(question: str, draft: str, findings: str) -> str:
    """All in one turn: small models repeat a draft that stands in a turn of their own."""
    return f"{question}\nA first try: {draft.strip()}\nWhat is wrong with it: {findings.strip()}"


PROMPTS: dict[str, Callable[[Problem], Prompt]] = {
    "question-only": question_only,
    "step-by-step": step_by_step,
    "worked-examples": worked_examples,
}


def diverse_prompts(problem: Problem) -> tuple[Prompt, ...]:
    """Several ways to ask the same: a request to go step by step, and the worked examples in each order (DiVeRSe).

    Li et al. 2023, arXiv 2206.02336: samples of different prompts make different mistakes, which a vote can tell.
    """
    *shown, question = worked_examples(problem).messages
    pairs = [shown[i : i + 2] for i in range(0, len(shown), 2)]
    turned = [pairs[i:] + pairs[:i] for i in range(len(pairs))]
    return (
        *(Prompt((*(turn for pair in order for turn in pair), question)) for order in turned),
        step_by_step(problem),
    )


def examples_for(problem: Problem) -> tuple[Example, ...]:
    """Three examples that fit the kind of the problem; never one that asks the same."""
    kind = problem.kind if problem.kind in POOLS and problem.kind != "free" else guess_kind(problem.question)
    pool = POOLS.get(kind, POOLS["free"])
    asked = _gist(problem.question)
    return tuple(example for example in pool if _gist(example.question) != asked)[:EXAMPLES]


def guess_kind(question: str) -> str:
    """The kind of a question as far as its form shows it: an arithmetic operation, "arithmetic", "word" or "free"."""
    pure = _PURE.match(_with_signs(question))
    if pure:
        expression = pure["expression"].lstrip("-−– (")
        used = [name for name, signs in _OPERATIONS if any(sign in expression for sign in signs)]
        return used[0] if len(used) == 1 else "arithmetic" if used else "free"
    counts = len(
        re.findall(r"\d+|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|dozen)\b", question.lower())
    )
    return "word" if counts >= 2 and _ASKS_A_NUMBER.search(question.lower()) else "free"


def may_ask_a_number(question: str) -> bool:
    """Whether anything in a question lets one expect a number: digits, "how many", "when"."""
    if _ASKS_FOR_A_TEXT.match(question):
        return False
    return bool(re.search(r"\d", question) or _MAY_ASK_A_NUMBER.search(question.lower()))


def _with_signs(question: str) -> str:
    return _SPOKEN.sub(lambda word: _SIGNS[word.group().lower()], question.strip())


def _gist(question: str) -> str:
    """What makes two questions the same: the words in order, or the numbers in any order where there are only signs."""
    words = re.findall(r"\w+", question.lower())
    pure = _PURE.match(_with_signs(question))
    return " ".join(sorted(re.findall(r"\d+", pure["expression"]))) if pure else " ".join(words)


def _worked(verb: str, sign: str, *numbers: tuple[int, int, int]) -> tuple[Example, ...]:
    """Sums in one step. Splitting them into tens and ones reads better, but the default model then gets lost."""
    return tuple(
        Example(f"What is {a} {sign} {b}?", f"We {verb} the numbers: {a} {sign} {b} = {c}.", str(c))
        for a, b, c in numbers
    )


_ADDITION = _worked("add", "+", (4, 3, 7), (12, 15, 27), (26, 57, 83), (38, 24, 62))
_SUBTRACTION = _worked("subtract", "-", (8, 3, 5), (27, 15, 12), (64, 38, 26), (90, 45, 45))
_MULTIPLICATION = _worked("multiply", "x", (3, 5, 15), (4, 6, 24), (10, 7, 70), (14, 6, 84))
_DIVISION = _worked("divide", "/", (15, 3, 5), (24, 6, 4), (70, 10, 7), (84, 6, 14))
_ARITHMETIC = (
    Example("What is 2 + 3 x 4?", "3 x 4 = 12. 2 + 12 = 14.", "14"),
    Example("What is (8 - 3) x 6?", "8 - 3 = 5. 5 x 6 = 30.", "30"),
    Example("What is 20 / 4 + 9?", "20 / 4 = 5. 5 + 9 = 14.", "14"),
    Example("What is 7 x 2 - 5?", "7 x 2 = 14. 14 - 5 = 9.", "9"),
)
_WORD_PROBLEMS = (
    Example(
        "Lena has 12 marbles. She wins 5 more and gives 4 away. How many marbles does she have?",
        "She starts with 12 and wins 5: 12 + 5 = 17. She gives 4 away: 17 - 4 = 13.",
        "13",
    ),
    Example(
        "A box holds 6 eggs. How many eggs are in 4 boxes?",
        "Each box holds 6 eggs and there are 4 boxes: 6 x 4 = 24.",
        "24",
    ),
    Example(
        "Three friends share 21 stickers equally. Then each buys 2 more. How many stickers has each friend?",
        "Each gets an equal share: 21 / 3 = 7. Each buys 2 more: 7 + 2 = 9.",
        "9",
    ),
    Example(
        "A bus carries 30 people. At a stop 8 get off and 11 get on. How many people are on the bus?",
        "8 get off: 30 - 8 = 22. 11 get on: 22 + 11 = 33.",
        "33",
    ),
)
_FREE = (
    Example(
        "Which weighs more, a kilogram of iron or 900 grams of wool?",
        "A kilogram is 1000 grams. 1000 is more than 900.",
        "iron",
    ),
    Example(
        "What day comes two days after Monday?",
        "One day after Monday is Tuesday. Two days after is Wednesday.",
        "Wednesday",
    ),
    Example(
        "How many legs do two dogs and a bird have?",
        "Two dogs have 8 legs: 2 x 4 = 8. A bird has 2 legs: 8 + 2 = 10.",
        "10",
    ),
    Example("Is a whale a fish or a mammal?", "A whale breathes air and feeds its young with milk.", "a mammal"),
)

POOLS: dict[str, tuple[Example, ...]] = {
    "addition": _ADDITION,
    "subtraction": _SUBTRACTION,
    "multiplication": _MULTIPLICATION,
    "division": _DIVISION,
    "arithmetic": _ARITHMETIC,
    "word": _WORD_PROBLEMS,
    "free": _FREE,
}
