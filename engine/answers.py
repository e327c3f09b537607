"""Answers: how one is found in a text, and when two of them are the same. Nothing else in the program decides this."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from engine.numbers import NUMBER, plain_mathematics, read_number, write_number
from engine.thinking import after_thinking

NUMBER_KINDS = frozenset({"addition", "subtraction", "multiplication", "division", "arithmetic", "word"})
"""Kinds of problem whose answer is a number. The others are "text" (a word or a few), "choice" and "free"."""

_TAIL = 20_000  # characters: an answer stands at the end, and a text of any length must cost little
_LONGEST_PHRASE = 120  # characters
_SHORT_TEXT = 300  # characters
_BOXES = 8  # how many `\boxed{` are tried from the end before giving up

_MARKER = re.compile(
    r"####"
    r"|\\boxed\s*\{"
    r"|\banswers?\b[ \t*_]*(?:to [^\n.:=]{1,80}? )?(?:is|are|was|would be|will be|must be|[:=]|\*\*:)[ \t*_:=]*",
    re.IGNORECASE,
)
_NEXT_QUESTION = re.compile(r"\n[ \t]*(?:question|problem|q|user|human)\s*\d*\s*:", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=[\s*\"'”)]|$)|\n")
_NUMBER = re.compile(NUMBER)
_UNSOLVED = re.compile(rf"^\W*{NUMBER}\s*[+*×÷/−-]\s*\$?{NUMBER}")
_LED_BY_NUMBER = re.compile(
    rf"^(?:about|approximately|around|roughly|exactly|just|only|~|≈|\W)*{NUMBER}", re.IGNORECASE
)
_COMPLEMENT = re.compile(r"^.{1,200}?\b(?:is|are|was|were)\s+(?P<rest>(?:\S+\s+){0,3}\S+)$", re.DOTALL)
_AROUND_SIGNS = re.compile(r" ?([-+*/^=<>(),:×÷]) ?")
_FORMULA = re.compile(r"(?=.*[-+*/^=<>√])(?:[^\W\d_](?![^\W\d_])|[^\w\n]|_)+")  # x - y is not x + y
_CHOICE = re.compile(r"^\W{0,3}([A-J])(?![\w'’])")
_ARTICLES = re.compile(r"^(?:(?:an?|the) )+(?=.)")


def extract(text: str, kind: str, *, cut: bool = False) -> str | None:
    r"""The answer that a text gives, as it is written there, or None when it gives none.

    The last of "the answer is", "Answer:", `####` and `\boxed{}` counts. Without any of them it is the last number,
    and where a word is asked for, the short phrase at the end.

    Args:
        text: What a candidate wrote. What follows a question that it asks itself is passed over.
        kind: The kind of the problem: one of `NUMBER_KINDS`, "text", "choice" or "free" (either may come).
        cut: The text did not come to its end, so that only what it calls its answer is one.
    """
    text = _own_part(text)
    for clause, boxed in _marked(text):
        found = _from_clause(clause, kind, boxed)
        if found:
            return found
    if cut:
        return None
    if kind not in ("text", "choice"):
        number = _last_number(plain_mathematics(text))
        if number or kind != "free":
            return number
    return _final_phrase(text)


def normalise(answer: str) -> str:
    """The vote key: two answers agree if and only if their keys are equal. The key of a key is itself.

    Numbers become exact fractions in lowest terms ("82.0 apples" -> "82", "$1,250" -> "1250", "0.75" -> "3/4");
    currency, per cent signs and units are dropped. Other answers lose case, articles and punctuation.
    """
    return _usual_key(answer) if len(answer) <= _LONGEST_PHRASE else _key(answer)


def same_answer(a: str | None, b: str | None) -> bool:
    """Whether two answers mean the same. No answer is the same as nothing, not even as no answer."""
    return a is not None and b is not None and normalise(a) == normalise(b)


@lru_cache(maxsize=4096)
def _usual_key(answer: str) -> str:
    """Hundreds of candidates give a handful of answers, and each is asked about by several verifiers."""
    return _key(answer)


def _key(answer: str) -> str:
    key = answer
    for _ in range(8):  # Unicode folding and wrappers inside wrappers may need more than one pass
        again = _normalise_once(key)
        if again == key:
            break
        key = again
    return key


def _normalise_once(answer: str) -> str:
    plain = plain_mathematics(answer).strip()
    number = read_number(plain)
    return write_number(number) if number is not None else _word_key(plain)


def _word_key(plain: str) -> str:
    folded = unicodedata.normalize("NFKC", plain).casefold()
    if any(char.isdigit() for char in folded) or _FORMULA.fullmatch(folded):
        spaced = " ".join(folded.split()).strip(" .,;:!?\"'`")
        return _AROUND_SIGNS.sub(r"\1", spaced)  # an expression: its signs carry meaning
    letters = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in folded.replace("'", ""))
    words = " ".join(letters.split())
    return _ARTICLES.sub("", words) if words else "".join(folded.split())


def _own_part(text: str) -> str:
    """The text without hidden reasoning and without questions that a base model goes on to ask itself."""
    text = after_thinking(text)
    lead = len(text) - len(text.lstrip())
    again = _NEXT_QUESTION.search(text, lead)
    return text[: again.start() if again else len(text)][-_TAIL:]


def _marked(text: str) -> list[tuple[str, bool]]:
    """What follows each marker, the last one first, and whether it stood in a box."""
    found: list[tuple[str, bool]] = []
    boxes = 0
    for marker in reversed(list(_MARKER.finditer(text))):
        if marker.group().startswith("\\"):
            boxes += 1
            content = _in_braces(text, marker.end()) if boxes <= _BOXES else None
            if content is not None:
                found.append((content, True))
        else:
            found.append((_clause(text[marker.end() :]), False))
    return found


def _in_braces(text: str, start: int) -> str | None:
    depth = 1
    for brace in re.finditer(r"(?<!\\)[{}]", text[start:]):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return text[start : start + brace.start()]
    return None


def _clause(rest: str) -> str:
    rest = rest[: 4 * _LONGEST_PHRASE].lstrip(" \t\r\n*_:$")
    end = _SENTENCE_END.search(rest)
    return rest[: end.start()] if end else rest


def _from_clause(clause: str, kind: str, boxed: bool) -> str | None:
    if "\\boxed" in clause:
        return None  # the box inside is a marker of its own and has been looked at already
    plain = plain_mathematics(clause).strip()
    if kind == "choice" and (letter := _CHOICE.match(plain)):
        return letter[1]
    if kind in ("text", "choice"):
        return _phrase(plain)
    value = plain.rpartition("=")[2].strip()
    if boxed or _UNSOLVED.match(value):
        return _phrase(value)
    if kind == "free" and not _LED_BY_NUMBER.match(value):
        return _phrase(plain)
    return _first_number(value) or _number_in_words(value)


def _phrase(text: str) -> str | None:
    phrase = " ".join(text.strip(" \t\r\n.,;:!?\"'“”‘’*_`").split())
    return phrase[:_LONGEST_PHRASE].rstrip() or None


def _first_number(text: str) -> str | None:
    match = _NUMBER.search(text)
    return _signed(text, match) if match else None


def _number_in_words(text: str) -> str | None:
    phrase = _phrase(text)
    return phrase if phrase and read_number(phrase) is not None else None


def _last_number(text: str) -> str | None:
    numbers = list(_NUMBER.finditer(text))
    return _signed(text, numbers[-1]) if numbers else None


def _signed(text: str, number: re.Match[str]) -> str:
    """The number as written; a sign that is rather an operator ("8 -5") is left out."""
    written = " ".join(number.group().split())
    before = text[: number.start()].rstrip()
    operator = before[-1:].isdigit() or before[-1:] == ")"
    return written.lstrip("+-− ") if operator else written


def _final_phrase(text: str) -> str | None:
    """The whole of a short text, or what the last sentence says that something is."""
    lines = [line for line in text.splitlines() if line.strip(" \t*_`")]
    if not lines or len(text) > _SHORT_TEXT:
        return None  # the last sentence of an essay says something, but answers nothing
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", lines[-1].strip()[-1000:]) if part]
    last = sentences[-1].strip(" .!?*_`\"'") if sentences else ""
    complement = _COMPLEMENT.match(last)
    if complement:
        return _phrase(complement["rest"])
    return _phrase(last) if len(lines) == 1 and len(sentences) == 1 and len(last.split()) <= 5 else None
