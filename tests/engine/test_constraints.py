"""What an answer must look like is checked; what cannot be checked is said before the run, or not judged."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.answers import normalise
from engine.errors import BadInputError
from engine.setup import Value, VerifierChoice
from engine.types import Candidate, Problem, Score
from engine.verifiers import json_schema
from engine.verifiers.base import Verifier
from engine.verifiers.constraints import SETTINGS, Constraints
from engine.verifiers.json_schema import JsonSchema, json_in
from engine.verifiers.limits import Limits
from engine.verifiers.pattern import Pattern, UndecidedError
from engine.verifiers.registry import VERIFIERS, build_verifier
from engine.verifiers.sandbox import Sandbox, shared_sandbox

PROBLEM = Problem("What is 47 + 35?", "82")
PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"$ref": "#/$defs/count"}},
    "$defs": {"count": {"type": "integer", "minimum": 0}},
}


def build(**settings: Value) -> Verifier:
    return build_verifier(VerifierChoice("constraints", 1.0, settings))


def score(answer: str | None, text: str = "", **settings: Value) -> Score:
    candidate = Candidate(0, text, answer, None if answer is None else normalise(answer), "stop", 10, -0.2)
    return build(**settings).score(PROBLEM, candidate, [candidate], ())


def schema_score(schema: object, text: str) -> Score:
    return score(None, text, schema=json.dumps(schema), where="text")


def test_with_no_constraint_nothing_is_told() -> None:
    assert score("82") == score(None) == Score(None, "no constraint is set")
    assert score("82", pattern="", schema=" \n", minimum=" ", longest="") == Score(None, "no constraint is set")


def test_an_answer_that_is_not_there_meets_no_constraint() -> None:
    assert score(None, "so 82", pattern="82") == Score(0.0, "no answer to check")
    assert score(None, "so 82", pattern="82", where="text").value == 1.0


@pytest.mark.parametrize(
    ("setting", "value", "good", "bad", "detail"),
    [
        ("pattern", r"^\d+$", "82", "82 apples", "the pattern is not found"),
        ("schema", '{"type": "integer"}', "82", '"82"', "'82' is not of type 'integer'"),
        ("schema", '{"type": "integer"}', "82", "eighty", "there is no JSON"),
        ("minimum", "10", "10", "9.5", "9.5 is less than 10"),
        ("minimum", "-1/2", "0", "-3", "-3 is less than -0.5"),
        ("maximum", "1e3", "1,000", "1001", "1001 is more than 1000"),
        ("maximum", "5", "5", "many", "there is no number"),
        ("shortest", "2", "two words", "one", "1 word, fewer than 2"),
        ("longest", "2", " two  words\n", "now three words", "3 words, more than 2"),
    ],
)
def test_each_constraint_takes_what_meets_it_and_says_what_does_not(
    setting: str, value: str, good: str, bad: str, detail: str
) -> None:
    assert score(good, **{setting: value}) == Score(1.0, "the constraint holds")
    assert score(bad, **{setting: value}) == Score(0.0, detail)


def test_the_score_is_the_share_and_the_first_that_fails_is_named() -> None:
    asked: dict[str, Value] = {"pattern": r"\d", "minimum": "1", "maximum": "50", "longest": "1"}
    assert score("82", **asked) == Score(0.75, "3 of 4 hold: 82 is more than 50")
    assert score("eighty two", **asked) == Score(0.25, "1 of 4 hold: the pattern is not found")
    assert score("too many", **asked) == Score(0.0, "0 of 4 hold: the pattern is not found")
    assert score("42", **asked) == Score(1.0, "all 4 constraints hold")


@given(st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99), st.text("ab ", max_size=12))
def test_numbers_and_words_are_compared_as_anybody_would(value: int, low: int, high: int, words: str) -> None:
    low, high = min(low, high), max(low, high)
    in_range = score(str(value), minimum=str(low), maximum=str(high)).value
    assert in_range == ((value >= low) + (value <= high)) / 2
    count = len(words.split())
    assert score(words, shortest="1", longest="3").value == ((count >= 1) + (count <= 3)) / 2


def test_in_the_whole_text_its_last_number_and_its_words_count() -> None:
    text = "47 + 35 is 40 + 42.\nThe answer is 82."
    assert score("82", text, minimum="80", longest="5", where="text") == Score(
        0.5, "1 of 2 hold: 11 words, more than 5"
    )
    assert score(None, "no figures here", maximum="3", where="text").detail == "there is no number"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pattern": "("}, "not a regular expression.*unterminated subpattern"),
        ({"pattern": "[[a]"}, "not a regular expression.*set"),
        ({"schema": "{"}, "schema cannot be used.*not JSON"),
        ({"schema": "[1]"}, "schema cannot be used.*not an object"),
        ({"schema": '{"type": "number-like"}'}, "schema cannot be used.*number-like"),
        ({"schema": '{"minimum": NaN}'}, "schema cannot be used.*not JSON"),
        ({"schema": '{"$ref": "https://example.com/schema.json"}'}, "refers to “https://example.com"),
        ({"schema": '{"$ref": "other.json#/a"}'}, "refers to “other.json#/a”"),
        ({"schema": '{"$ref": "#/$defs/lost"}'}, "no such part"),
        ({"schema": '{"patternProperties": {"^a": {}}}'}, "patternProperties"),
        ({"schema": '{"not": {"$schema": "http://json-schema.org/draft-07/schema#"}}'}, "of its own"),
        ({"schema": '{"$schema": "https://example.com/own"}'}, "no draft of that name"),
        ({"schema": '{"$schema": 3}'}, "no draft of that name"),
        ({"schema": '{"pattern": "("}'}, "not a regular expression"),
        ({"schema": '{"pattern": "[a&&b]"}'}, "not a regular expression.*set intersection"),
        ({"schema": '{"a":' * 3_000 + "1" + "}" * 3_000}, "nested too deeply"),
        ({"minimum": "few"}, "At least cannot be “few”.*a number"),
        ({"minimum": "3", "maximum": "2"}, "at least 3 and at most 2"),
        ({"shortest": "2.5"}, "counts words"),
        ({"longest": "-1"}, "counts words"),
        ({"where": "title"}, "Choose one of"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(settings: dict[str, Value], words: str) -> None:
    with pytest.raises(BadInputError, match=f"(?s){words}"):
        build(**settings)


@pytest.mark.parametrize(
    ("text", "value", "detail"),
    [
        ('{"name": "Ada", "age": 36}', 1.0, "the constraint holds"),
        ('Here it is:\n```json\n{"name": "Ada", "age": 36}\n```\nDone.', 1.0, "the constraint holds"),
        ('I think {this} is it: {"name": "Ada", "age": 36}. Yes.', 1.0, "the constraint holds"),
        ('{"name": "Ada"}', 0.0, "'age' is a required property"),
        ('{"name": "ada", "age": 36}', 0.0, "$.name: 'ada' does not match '^[A-Z]'"),
        ('{"name": "Ada", "age": -1}', 0.0, "$.age: -1 is less than the minimum of 0"),
        ('{"name": "Ada", "age": NaN}', 0.0, "there is no JSON"),
    ],
)
def test_json_is_found_in_a_text_and_held_against_the_schema(text: str, value: float, detail: str) -> None:
    assert schema_score(PERSON, text) == Score(value, detail)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_is_read_back_whether_bare_or_fenced(value: object) -> None:
    written = json.dumps(value)
    assert json_in(written) == (True, value)
    assert json_in(f"So:\n```json\n{written}\n```\n") == (True, value)


@given(st.text(alphabet='[]{}",:1a \n`', max_size=40))
def test_any_text_is_searched_for_json_without_an_error(text: str) -> None:
    assert json_in(text)[0] in (True, False)
    assert json_in("[" * 100_000 + text)[0] in (True, False)


@pytest.mark.parametrize(
    "draft", ["http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-04/schema#"]
)
def test_the_draft_that_a_schema_names_is_kept_to(draft: str) -> None:
    """Draft 4 says of a limit whether it is exclusive, later ones give it as a number of its own."""
    old = {"$schema": draft, "minimum": 3, "exclusiveMinimum": True}
    if "draft-04" in draft:
        assert schema_score(old, "3").value == 0.0
    else:
        with pytest.raises(BadInputError, match="True is not of type 'number'"):
            schema_score(old, "3")


HOSTILE = [(r"((a+)\2?)+$", "a" * 40 + "b"), (r"(?:(?=a)a|a(?=a))+$", "a" * 60 + "b"), ("(a+)+$", "a" * 5_000 + "!")]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE)
@pytest.mark.parametrize("in_schema", [False, True])
def test_a_catastrophic_pattern_is_cut_short_wherever_it_stands(pattern: str, text: str, in_schema: bool) -> None:
    shared_sandbox().run("1", Limits(1.0, 64))  # its start is not what is timed
    began = time.perf_counter()
    if in_schema:
        # Also where a reference leads back to the root, and where the draft is named.
        schema: dict[str, Any] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "string", "pattern": pattern}],
        }
        got = schema_score(schema, json.dumps([text]))
    else:
        got = score(text, pattern=pattern)
    assert time.perf_counter() - began < 5
    assert got.value in (None, 0.0)
    if got.value is None:
        assert got.detail == "the pattern takes too long"


def test_a_schema_that_asks_for_checks_without_number_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 0.1)
    parts = {f"p{i}": {"allOf": [{"$ref": f"#/$defs/p{i + 1}"}] * 2} for i in range(40)}
    schema = {"$ref": "#/$defs/p0", "$defs": {**parts, "p40": {"type": "integer"}}}
    assert schema_score(schema, "1") == Score(None, "the schema takes too long")


@given(st.lists(json_values, max_size=5))
def test_equal_items_are_found_as_the_library_finds_them(items: list[object]) -> None:
    theirs = Draft202012Validator({"uniqueItems": True}).is_valid(items)
    assert (JsonSchema('{"uniqueItems": true}', shared_sandbox()).fault(items) == "") == theirs


def test_many_items_are_compared_in_no_time() -> None:
    schema = JsonSchema('{"uniqueItems": true}', shared_sandbox())
    many: list[object] = [{"a": i} for i in range(20_000)]
    began = time.perf_counter()
    assert schema.fault(many) == ""
    assert schema.fault([*many, {"a": 7.0}]) != ""
    assert time.perf_counter() - began < 2


def test_a_schema_that_refers_to_itself_without_end_judges_nothing() -> None:
    got = schema_score({"$ref": "#"}, "1")
    assert (got.value, "without end" in got.detail or "too long" in got.detail) == (None, True)


def test_a_number_too_large_for_a_check_is_not_judged_and_breaks_nothing() -> None:
    got = schema_score({"multipleOf": 0.1}, "1" + "0" * 400)
    assert got.value in (None, 0.0, 1.0)
    assert schema_score({"type": "integer"}, "1" + "0" * 5_000).detail == "there is no JSON"


class Absent(Sandbox):
    """A sandbox that cannot be started, as on a machine without a build of it."""

    def _started(self) -> Any:
        raise OSError("no binary")


def test_without_a_sandbox_patterns_are_not_judged_and_everything_else_is() -> None:
    defaults: dict[str, Value] = {setting.name: setting.default for setting in SETTINGS}
    candidate = Candidate(0, "82", "82", "82", "stop", 1, -0.1)
    judged = Constraints({**defaults, "minimum": "1"}, Absent()).score(PROBLEM, candidate, [candidate], ())
    assert judged.value == 1.0
    silent = Constraints({**defaults, "pattern": "8", "minimum": "1"}, Absent()).score(
        PROBLEM, candidate, [candidate], ()
    )
    assert (silent.value, "could not be started" in silent.detail) == (None, True)


def test_a_pattern_that_only_python_can_read_is_not_judged() -> None:
    with pytest.raises(UndecidedError, match="cannot be looked for"):
        Pattern(r"\N{BULLET}", shared_sandbox()).is_in("•")


def test_a_schema_says_what_is_wrong_in_a_few_words() -> None:
    fault = JsonSchema('{"type": "integer"}', shared_sandbox()).fault(["long"] * 100)
    assert len(fault) == 80
    assert fault.endswith("…")


def test_it_looks_at_one_candidate_and_at_whole_ones_only() -> None:
    spec = VERIFIERS["constraints"]
    assert (spec.title, spec.uses_peers, spec.judges_steps) == ("Constraint checks", False, False)
    assert [setting.kind for setting in spec.settings] == ["choice"] + ["text"] * 6
