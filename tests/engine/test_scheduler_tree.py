"""The scheduler under a tree: sequences that go on from others, on a simulated model whose cache checks every cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.inference.scheduler import Scheduler
from engine.inference.sequence import Sequence
from engine.inference.simulated_backend import TURN, SimulatedDecoder, SimulatedModel
from engine.lineage import Lineage
from engine.types import Origin, Prompt, Sampling, StepEnd, Trial

ENDS: dict[StepEnd, str] = {"line": "\n", "sentence": ". ", "none": ", "}
PROMPT = (*b"Go.", TURN)


def texts(end: StepEnd) -> dict[str, float]:
    """27 texts of three steps and an end, equally likely."""
    steps = [[f"{place} {word}{ENDS[end]}" for word in ("one", "two", "three")] for place in ("First", "Then", "Last")]
    return {"".join(text) + "Done": 1 / 27 for text in product(*steps)}


@dataclass
class Tree:
    """A scheduler with the lineage of all that it has run."""

    end: StepEnd = "line"
    cells: int = 4096
    slots: int = 64
    partial: bool = True
    n_batch: int = 64
    sequences: dict[int, Sequence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = SimulatedModel(lambda prompt: texts(self.end))
        self.decoder = SimulatedDecoder(
            model, cells=self.cells, slots=self.slots, partial=self.partial, n_batch=self.n_batch
        )
        self.scheduler, self.lineage = Scheduler(self.decoder, model), Lineage(model)

    def submit(self, origin: Origin | None = None, tokens: int = 40, prompt: tuple[int, ...] = PROMPT) -> Sequence:
        """A trial from the prompt, or from another one. Its id is the number of those before it."""
        id = len(self.sequences)
        sampling = Sampling(1.0, 0, 1.0, 0.0, 1.0, tokens, (), 2, step_end=self.end)
        begin = self.lineage.begin(Trial(id, Prompt(()), sampling, 0, origin=origin), prompt)
        sequence = self.scheduler.submit(
            id, begin.tokens, sampling, id, prefix=begin.prefix, seen=begin.seen, keep=True
        )
        self.lineage.submitted(sequence)
        self.sequences[id] = sequence
        return sequence

    def run(self) -> None:
        """Until nothing is left to compute."""
        for _ in range(5000):
            if self.scheduler.idle:
                assert self.scheduler.cells_used == self.decoder.cells_used
                return
            for sequence in self.scheduler.step().started:
                self.lineage.started(sequence)
        raise AssertionError("the scheduler does not come to an end")

    @property
    def last_tokens_decoded(self) -> int:
        """Drawn tokens that were computed as well: all but the one that ended a text."""
        return sum(len(s.generated) - (not _was_over_before(s)) for s in self.sequences.values() if s.generated)

    @property
    def computed(self) -> int:
        """What sequences say was computed of their prompts, for the first time and again."""
        return sum(s.computed_tokens + s.recomputed_tokens for s in self.sequences.values())


def _was_over_before(sequence: Sequence) -> bool:
    return sequence.finish_reason == "step" and not sequence.text.endswith("\n")


def grown(tree: Tree, rounds: int = 3, width: int = 4, kept: int = 3, tokens: int = 40) -> Tree:
    """Some rounds of a beam search."""
    origins: list[Origin | None] = [None] * width
    for _ in range(rounds):
        asked = [tree.submit(origin, tokens) for origin in origins]
        tree.run()
        going = [s for s in asked if s.finish_reason in ("step", "length")][:kept]
        origins = [Origin(s.id) for s in going for _ in range(width)]
    return tree


@pytest.mark.parametrize("partial", [True, False], ids=["attention", "recurrent"])
@pytest.mark.parametrize(
    ("end", "tokens"), [("line", 40), ("sentence", 40), ("none", 7)], ids=["drawn-end", "over-before", "cut"]
)
def test_while_the_cache_holds_the_tree_every_token_is_decoded_once(end: StepEnd, tokens: int, partial: bool) -> None:
    tree = grown(Tree(end, partial=partial), tokens=tokens)
    parents = {s.prompt for s in tree.sequences.values()} - {PROMPT}
    ends = 0 if end == "sentence" else len(parents)  # a parent's last token is computed for its children alone
    assert tree.decoder.decoded_tokens == len(PROMPT) + tree.last_tokens_decoded + ends
    assert sum(s.recomputed_tokens for s in tree.sequences.values()) == 0
    if partial:
        assert tree.decoder.cells_used == tree.decoder.decoded_tokens


@pytest.mark.parametrize("end", ["line", "sentence"])
def test_siblings_begin_in_the_same_step(end: StepEnd) -> None:
    tree = Tree(end)
    first = tree.submit()
    tree.run()
    children = [tree.submit(Origin(first.id)) for _ in range(8)]
    started = []
    while len(started) < len(children):
        report = tree.scheduler.step()
        started.append(len(report.started))
    assert next(count for count in started if count) == 8
    assert sum(child.computed_tokens for child in children) == (1 if end == "line" else 0)


@pytest.mark.parametrize("partial", [True, False], ids=["attention", "recurrent"])
def test_many_more_nodes_than_slots_only_cost_time(partial: bool) -> None:
    tree, calm = grown(Tree(slots=5, partial=partial)), grown(Tree())
    assert {i: s.text for i, s in tree.sequences.items()} == {i: s.text for i, s in calm.sequences.items()}


def test_what_was_used_last_is_kept_and_what_was_let_go_is_computed_again_to_the_token() -> None:
    tree = Tree("none", slots=4)
    first, second, third = (tree.submit(tokens=6, prompt=(*text, TURN)) for text in (b"One.", b"Next.", b"Then."))
    tree.run()
    tree.submit(Origin(first.id), tokens=4)  # the first is used again, so that the second is the oldest
    tree.run()
    again = tree.submit(Origin(first.id), tokens=4)  # a fifth slot: the oldest has to go
    tree.run()
    held = set(tree.scheduler._held.values())
    assert first.tokens[:-1] in held
    assert third.tokens[:-1] in held
    assert second.tokens[:-1] not in held
    assert (again.recomputed_tokens, again.computed_tokens) == (0, 0)  # its parent's last token is its sibling's work
    lost = tree.submit(Origin(second.id), tokens=4)
    tree.run()
    assert lost.recomputed_tokens == len(second.tokens) - 1  # all that it had computed itself
    assert lost.computed_tokens == 1  # its last token, which nobody had needed before


def test_a_place_that_was_used_in_part_counts_as_used() -> None:
    tree = Tree("none", slots=3)
    first, second = (tree.submit(tokens=9, prompt=(*text, TURN)) for text in (b"One.", b"Next."))
    tree.run()
    tree.submit(Origin(first.id, keep=4), tokens=4)
    tree.run()
    tree.submit(tokens=3, prompt=(*b"Then.", TURN))
    tree.run()
    held = list(tree.scheduler._held.values())
    assert first.tokens[:-1] in held
    assert second.tokens[:-1] not in held


def test_nothing_is_let_go_for_a_sequence_that_has_to_wait_all_the_same() -> None:
    tree = Tree("none", cells=90)
    kept = tree.submit(tokens=9, prompt=(*b"One.", TURN))
    tree.run()
    for _ in range(3):
        tree.submit(tokens=30)
    tree.scheduler.step()
    assert kept.tokens[:-1] in tree.scheduler._held.values()
    assert len(tree.scheduler._running) == 2
    tree.run()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.none() | st.floats(0, 1), st.sampled_from(["", "", "x", "Wait"]), st.integers(1, 30)
        ),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from(["line", "sentence", "none"]),
    st.integers(100, 300),
    st.integers(1, 6),
    st.integers(2, 64),
    st.booleans(),
)
def test_a_tree_says_the_same_in_a_small_cache_as_in_a_large_one(
    jobs: list[tuple[int, float | None, str, int]],
    end: StepEnd,
    cells: int,
    slots: int,
    n_batch: int,
    partial: bool,
) -> None:
    """Forks anywhere, in any order, with what was put in; a cache that holds little of it; a recurrent model, too."""
    small, large = Tree(end, cells, slots, partial, n_batch), Tree(end)
    for parent, share, put_in, tokens in jobs:
        for tree in (small, large):
            origin = None
            if tree.sequences and parent % 3:
                source = tree.sequences[parent % len(tree.sequences)]
                drawn = len(tree.lineage._drawn(source))
                origin = Origin(source.id, None if share is None else round(share * drawn), text=put_in)
            try:
                tree.submit(origin, tokens)
            except EngineError:
                assert tree is small
                tree.submit(None, tokens)
                return
            if parent % 2:
                tree.run()
    small.run()
    large.run()
    for id, sequence in small.sequences.items():
        assert sequence.finish_reason is not None
        assert sequence.prompt == large.sequences[id].prompt
        assert sequence.text == large.sequences[id].text
        assert sequence.cached_tokens + sequence.computed_tokens + sequence.recomputed_tokens >= len(sequence.prompt)
    assert small.decoder.decoded_tokens == small.computed + small.last_tokens_decoded
    assert large.decoder.decoded_tokens == large.computed + large.last_tokens_decoded
    assert all(s.recomputed_tokens <= 1 for s in large.sequences.values())  # the last one again, for its logits


@pytest.mark.parametrize("partial", [True, False], ids=["attention", "recurrent"])
def test_what_nobody_goes_on_from_gives_its_own_cells_back_and_no_others(partial: bool) -> None:
    tree = Tree(partial=partial)
    first = tree.submit()
    tree.run()
    left, right = (tree.submit(Origin(first.id)) for _ in range(2))
    tree.run()
    before = tree.scheduler.cells_used
    tree.scheduler.forget([left.id, 99])
    assert tree.scheduler.cells_used == tree.decoder.cells_used == before - (left.computed - len(left.prompt))
    decoded = tree.decoder.decoded_tokens
    again = tree.submit(Origin(right.id))
    tree.run()
    assert again.recomputed_tokens == 0
    assert tree.decoder.decoded_tokens - decoded <= len(again.generated) + 1


def test_whoever_goes_on_from_it_all_the_same_computes_it_again_and_says_so() -> None:
    tree = grown(Tree(), rounds=2)
    last = next(s for s in reversed(tree.sequences.values()) if s.finish_reason == "step")
    tree.scheduler.forget(list(tree.sequences))
    again = tree.submit(Origin(last.id))
    tree.run()
    assert again.recomputed_tokens > 0
    assert again.text
