"""Whose text goes on from whose: on bytes, where a fork may stand in the middle of a character."""

from __future__ import annotations

import codecs
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.inference.decoder import Sampled
from engine.inference.sequence import Sequence, unfinished_character
from engine.inference.simulated_backend import END, TURN, SimulatedModel
from engine.lineage import Beginning, Lineage
from engine.types import Origin, Prompt, Sampling, Trial
from tests.engine.simulated_world import NoSampler

PROMPT = (*b"Go.", TURN)
MODEL = SimulatedModel(lambda prompt: {"": 1.0})
NOTHING = Sampling(1.0, 0, 1.0, 0.0, 1.0, 1)


class Line:
    """A lineage whose sequences write what they are told to."""

    def __init__(self) -> None:
        self.lineage = Lineage(MODEL)
        self.sequences: dict[int, Sequence] = {}

    def begin(self, id: int, origin: Origin | None) -> Beginning:
        """Where a trial begins."""
        return self.lineage.begin(Trial(id, Prompt(()), NOTHING, 0, origin=origin), PROMPT)

    def write(
        self, said: bytes, origin: Origin | None = None, *, ended: bool = False, logprobs: list[float] | None = None
    ) -> int:
        """A trial that draws these bytes; its id."""
        id = len(self.sequences)
        begin = self.begin(id, origin)
        tokens = [*said, END] if ended else list(said)
        sampling = Sampling(1.0, 0, 1.0, 0.0, 1.0, max(1, len(tokens)), (), 0)
        sequence = Sequence(id, begin.tokens, sampling, NoSampler(), begin.prefix, begin.seen)
        sequence.begin_text(MODEL)
        self.lineage.submitted(sequence)
        for i, token in enumerate(tokens):
            sequence.take(Sampled(token, logprobs[i] if logprobs else -1.0, 0.0, ()), MODEL)
        sequence.computed = len(sequence.tokens) - 1
        self.lineage.started(sequence)
        self.sequences[id] = sequence
        return id

    def bytes_of(self, id: int) -> bytes:
        """All that stands after the prompt."""
        return bytes(token for token in self.sequences[id].tokens[len(PROMPT) :] if token < END)


def test_a_trial_goes_on_from_all_of_a_text_or_from_its_first_tokens() -> None:
    line = Line()
    first = line.write(b"One. Two.")
    assert line.begin(9, Origin(first)) == ((*PROMPT, *b"One. Two."), 0, len(PROMPT) + 8)
    assert line.begin(9, Origin(first, keep=4)).tokens == (*PROMPT, *b"One.")
    assert line.begin(9, Origin(first, keep=0)).tokens == PROMPT


def test_an_alternative_and_a_text_are_put_in_after_what_is_kept_and_belong_to_the_text() -> None:
    line = Line()
    first = line.write(b"One. Two.")
    second = line.write(b"!", Origin(first, keep=4, token=ord("x"), text=" Wait"))
    assert line.sequences[second].tokens == (*PROMPT, *b"One.x Wait!")
    assert line.lineage.prefix(second) == "x Wait"
    assert line.sequences[second].text == "x Wait!"
    assert line.lineage.text(second) == "One.x Wait!"
    assert line.lineage.steps(second) == ("One.", "x Wait!")
    assert line.lineage.length(second) == len("One.x Wait!")


def test_nobody_goes_on_from_the_token_that_ended_a_text() -> None:
    line = Line()
    first = line.write(b"Done", ended=True)
    assert line.begin(1, Origin(first)).tokens == (*PROMPT, *b"Done")
    with pytest.raises(EngineError, match="has 4 tokens, not 5"):
        line.begin(1, Origin(first, keep=5))


@pytest.mark.parametrize("origin", [Origin(7), Origin(0, keep=4), Origin(0, keep=-1)])
def test_what_is_not_there_cannot_be_gone_on_from(origin: Origin) -> None:
    line = Line()
    line.write(b"One")
    with pytest.raises(EngineError):
        line.begin(1, origin)


def test_the_mean_log_probability_is_of_all_drawn_tokens_of_the_line() -> None:
    """By hand: -1 -2 -3 of the first, of which two are kept; the text that was put in counts for nothing."""
    line = Line()
    first = line.write(b"abc", logprobs=[-1.0, -2.0, -3.0])
    whole = line.write(b"de", Origin(first), logprobs=[-0.5, -0.5])
    assert line.lineage.mean_logprob(first) == pytest.approx(-2.0)
    assert line.lineage.mean_logprob(whole) == pytest.approx((-6.0 - 1.0) / 5)
    part = line.write(b"d", Origin(first, keep=2, text="xyz"), logprobs=[-1.0])
    assert line.lineage.mean_logprob(part) == pytest.approx((2 * -2.0 - 1.0) / 3)
    nothing = line.write(b"", Origin(first, keep=0))
    assert line.lineage.mean_logprob(nothing) is None
    third = line.write(b"f", Origin(part), logprobs=[-3.0])
    assert line.lineage.mean_logprob(third) == pytest.approx((2 * -2.0 - 1.0 - 3.0) / 4)


def test_a_line_of_thousands_of_steps_is_followed_without_recursion() -> None:
    line = Line()
    at = line.write(b"0")
    for _ in range(sys.getrecursionlimit() + 100):
        at = line.write(b"1", Origin(at))
    assert len(line.lineage.steps(at)) == sys.getrecursionlimit() + 101
    assert line.lineage.text(at).startswith("0111")


def test_a_character_that_is_split_over_two_steps_belongs_to_the_one_that_completes_it() -> None:
    line = Line()
    smile = "🙂".encode()
    first = line.write(b"ab" + smile[:2])
    second = line.write(smile[2:] + b"cd", Origin(first))
    assert line.lineage.steps(second) == ("ab", "🙂cd")
    assert (line.sequences[first].text, line.sequences[second].text) == ("ab", "🙂cd")


def test_an_alternative_within_a_character_makes_another_character() -> None:
    line = Line()
    first = line.write("é".encode())
    other = line.write(b"!", Origin(first, keep=1, token="è".encode()[1]))
    assert line.lineage.text(other) == "è!"


@given(st.text(), st.integers(0, 4))
def test_the_beginning_of_a_character_is_what_a_decoder_would_wait_with(text: str, cut: int) -> None:
    data = text.encode()[: max(0, len(text.encode()) - cut)]
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode(data)
    assert unfinished_character(data) == decoder.getstate()[0]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("aé日🙂.\n ", max_size=6),
            st.integers(0, 5),
            st.none() | st.floats(0, 1),
            st.none() | st.integers(0, 255),
            st.sampled_from(["", "", "Wait é"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_steps_of_any_line_add_up_to_its_text_which_is_what_its_bytes_say(
    jobs: list[tuple[str, int, float | None, int | None, str, bool]],
) -> None:
    line = Line()
    for said, parent, share, token, put_in, ended in jobs:
        origin = None
        if line.sequences:
            source = parent % len(line.sequences)
            keep = None if share is None else round(share * len(line.lineage._drawn(line.sequences[source])))
            origin = Origin(source, keep, token, put_in)
        data = said.encode()
        id = line.write(data[: len(data) - parent % 3], origin, ended=ended)
        text = line.lineage.text(id)
        assert "".join(line.lineage.steps(id)) == text
        assert text == codecs.getincrementaldecoder("utf-8")("replace").decode(line.bytes_of(id), final=ended)
