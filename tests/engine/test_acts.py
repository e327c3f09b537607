"""What a person changes while a run goes on is done, said, and seen in a replay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import acts
from engine.events import AnyEvent, CandidateQueued, CandidateScored, PersonActed, RunFinished
from engine.inference.simulated_backend import N_VOCAB, SimulatedBackend
from engine.inference.simulated_policy import SumPolicy
from engine.moves import LoopEnded, ValueBackedUp
from engine.run import Run
from engine.setup import (
    DEFAULT_SAMPLING,
    SIMULATED,
    Budget,
    LoadOptions,
    RunSetup,
    StrategyChoice,
    Value,
    VerifierChoice,
)
from engine.strategies.generations import NONE_GOES_ON
from engine.trace.fold import RunState, fold
from engine.types import Problem, Score
from engine.verifiers.arithmetic import ArithmeticChecker


class Table:
    """A run of the simulated model, with everything that happened in it."""

    def __init__(self, strategy: str, verifiers: tuple[str, ...] = ("arithmetic",), **settings: Value) -> None:
        self.events: list[AnyEvent] = []
        setup = RunSetup(
            problem=Problem("What is 47 + 35?", "82", "addition"),
            strategy=StrategyChoice(strategy, settings),
            verifiers=tuple(VerifierChoice(name) for name in verifiers),
            sampling=DEFAULT_SAMPLING,
            budget=Budget(),
            load=LoadOptions(SIMULATED),
            seed=3,
        )
        self.run = Run("run", setup, SimulatedBackend(SumPolicy(0.5)), self.events.append)

    @property
    def state(self) -> RunState:
        return fold(self.events)

    def until(self, done: Callable[[RunState], bool]) -> RunState:
        while not self.run.finished and not done(self.state):
            self.run.step()
        return self.state

    def to_the_end(self) -> RunState:
        while not self.run.finished:
            self.run.step()
        return self.state

    def act(self, act: acts.AnyAct) -> str:
        self.run.act(act)
        return next(event.refused for event in reversed(self.events) if isinstance(event, PersonActed))


def test_a_budget_that_is_lowered_below_what_is_used_ends_the_run_with_what_there_is() -> None:
    table = Table("best-of-n", n=16)
    table.until(lambda state: state.ledger.completion_tokens > 200)
    assert table.act(acts.ChangeBudget(Budget(tokens=100))) == ""
    state = table.to_the_end()
    assert state.finish is not None
    assert state.finish.outcome == "budget"
    assert state.budget == Budget(tokens=100)
    assert state.ledger.completion_tokens < 240


def test_a_budget_that_leaves_nothing_is_refused_in_words() -> None:
    table = Table("best-of-n", n=4)
    assert "leaves nothing to work with" in table.act(acts.ChangeBudget(Budget(tokens=0)))
    assert table.to_the_end().finish is not None


def test_fewer_candidates_stops_the_youngest() -> None:
    table = Table("self-consistency", n=16)
    table.until(lambda state: state.ledger.completion_tokens > 100)
    assert table.act(acts.ChangeSetting("n", 4)) == ""
    state = table.to_the_end()
    assert [c.id for c in state.candidates.values() if c.status == "finished"] == [0, 1, 2, 3]
    assert sum(c.status == "stopped" for c in state.candidates.values()) == 12


def test_more_candidates_are_asked_for() -> None:
    table = Table("self-consistency", n=4)
    table.until(lambda state: state.ledger.completion_tokens > 100)
    assert table.act(acts.ChangeSetting("n", 6)) == ""
    assert sum(c.status == "finished" for c in table.to_the_end().candidates.values()) == 6


def test_a_setting_that_there_is_not_or_cannot_have_that_value_is_refused_in_words() -> None:
    table = Table("mcts", simulations=4)
    assert "no setting" in table.act(acts.ChangeSetting("speed", 4))
    assert "goes from" in table.act(acts.ChangeSetting("exploration", -1))


def test_other_verifiers_judge_what_is_there_and_decide() -> None:
    table = Table("best-of-n", verifiers=("mean-logprob",), n=8)
    table.until(lambda state: any(c.status == "finished" for c in state.candidates.values()))
    assert table.act(acts.ChangeVerifiers((VerifierChoice("known-answer"),))) == ""
    state = table.to_the_end()
    assert all(c.scores["known-answer"].value is not None for c in state.candidates.values())
    assert state.answer is not None
    assert state.answer.answer == "82"
    assert state.weights == {"known-answer": 1.0}


def test_a_click_is_a_score_and_decides() -> None:
    table = Table("best-of-n", verifiers=("person",), n=4)
    state = table.until(lambda state: any(c.status == "finished" for c in state.candidates.values()))
    clicked = next(c.id for c in reversed(state.candidates.values()) if c.status == "finished")
    assert table.act(acts.RateCandidate(clicked, 1.0)) == ""
    state = table.to_the_end()
    assert state.answer is not None
    assert state.answer.candidate == clicked
    assert state.candidates[clicked].scores["person"].value == 1.0
    assert table.act(acts.RateCandidate(99, 1.0)) != ""


def test_a_pruned_node_is_never_gone_through_again_and_its_texts_do_not_count() -> None:
    table = Table("mcts", simulations=40, at_once=1)
    state = table.until(lambda state: state.simulations >= 6)
    pruned = max((c for c in state.candidates.values() if c.parent is None), key=lambda c: c.visits).id
    before = state.candidates[pruned].visits
    assert table.act(acts.PruneNode(pruned)) == ""
    state = table.to_the_end()
    assert state.candidates[pruned].visits <= before + 1  # one was perhaps under way
    assert state.candidates[pruned].pruned == "by hand"
    assert state.answer is not None
    assert not state.whole_text(state.answer.candidate or 0).startswith(state.candidates[pruned].text)


GENERATIONS = ("beam-search", "dvts", "particle-filtering")


def way_to(state: RunState, candidate: int) -> list[int]:
    """A candidate and those that it goes on from."""
    way, at = [], state.candidates.get(candidate)
    while at is not None:
        way.append(at.id)
        at = None if at.parent is None else state.candidates[at.parent]
    return way


@pytest.mark.parametrize("strategy", GENERATIONS)
def test_nothing_is_written_below_a_node_that_is_pruned_some_generations_later(strategy: str) -> None:
    table = Table(strategy, n=16, **({"width": 2} if strategy != "particle-filtering" else {}))
    state = table.until(lambda state: sum("generation 3" in c.label for c in state.candidates.values()) > 0)
    pruned = way_to(state, max(state.candidates))[-1]
    asked = set(state.candidates)
    assert table.act(acts.PruneNode(pruned)) == ""
    state = table.to_the_end()
    assert [c for c in state.candidates if c not in asked and pruned in way_to(state, c)] == []
    assert set(state.candidates) > asked, "the others go on"
    assert state.answer is not None
    assert state.answer.candidate is not None
    assert pruned not in way_to(state, state.answer.candidate)


@pytest.mark.parametrize("strategy", GENERATIONS)
def test_a_text_that_is_pruned_by_hand_is_not_the_answer_of_a_search_by_generations(strategy: str) -> None:
    table = Table(strategy, n=8)
    for _ in range(3):
        answer = table.to_the_end().answer
        assert answer is not None
        assert answer.candidate is not None
        assert table.act(acts.PruneNode(answer.candidate)) == ""
        assert table.state.answer is not None
        assert table.state.answer.candidate != answer.candidate
        assert table.act(acts.PruneNode(answer.candidate)) != "", "it is pruned already"


@pytest.mark.parametrize("strategy", GENERATIONS)
@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_search_by_generations_of_which_all_is_pruned_ends_and_says_so(strategy: str, generation: int) -> None:
    table = Table(strategy, n=8)
    state = table.until(lambda state: sum(f"generation {generation}" in c.label for c in state.candidates.values()) > 0)
    while state.status == "running":
        asked = len(state.candidates)
        for candidate in state.candidates.values():
            if candidate.status == "finished":
                table.act(acts.PruneNode(candidate.id))
        table.run.step()
        state = table.state
    assert len(state.candidates) == asked
    assert [m.move.reason for m in state.moves if isinstance(m.move, LoopEnded)] == [NONE_GOES_ON]
    assert state.answer is not None
    assert state.answer.candidate is None
    assert state.answer.reason == "All that was written is pruned."


@pytest.mark.parametrize("strategy", GENERATIONS)
def test_what_a_search_by_generations_cannot_do_to_a_node_is_refused(strategy: str) -> None:
    table = Table(strategy, n=8)
    table.until(lambda state: sum("generation 2" in c.label for c in state.candidates.values()) > 0)
    for act in (
        acts.PinNode(0, True),
        acts.ExpandNode(0),
        acts.WriteThought(0, "So."),
        acts.AddSimulations(4),
        acts.PruneNode(999),
    ):
        assert table.act(act) == "That is not possible in this run."


def test_the_search_goes_through_a_pinned_node_until_all_below_it_is_known() -> None:
    table = Table("mcts", simulations=30, at_once=1, exploration=5)
    state = table.until(lambda state: state.simulations >= 6)
    pinned = min(
        (c for c in state.candidates.values() if c.parent is None and c.merged_into is None), key=lambda c: c.visits
    )
    assert table.act(acts.PinNode(pinned.id, True)) == ""
    state = table.to_the_end()
    assert state.candidates[pinned.id].pinned
    paths = [move.move.path for move in state.moves if isinstance(move.move, ValueBackedUp)]
    through = [pinned.id in path for path in paths[6 + 1 :]]  # one was perhaps under way
    assert through == sorted(through, reverse=True)
    assert sum(through) > 5


def test_a_thought_in_a_persons_words_is_a_node_that_the_search_goes_on_from() -> None:
    table = Table("mcts", simulations=30, at_once=1)
    table.until(lambda state: state.simulations >= 4)
    assert table.act(acts.WriteThought(None, "Ones: 7 + 5 = 12.")) == ""
    state = table.state
    table.run.step()
    written = next(e for e in table.events if isinstance(e, CandidateQueued) and e.label == "written by hand").candidate
    assert table.act(acts.PinNode(written, True)) == ""
    state = table.to_the_end()
    assert state.candidates[written].text.strip() == "Ones: 7 + 5 = 12."
    assert state.candidates[written].scores["arithmetic"].value == 1.0
    assert state.candidates[written].visits > 5
    children = [c for c in state.candidates.values() if c.parent == written]
    assert children
    assert all(c.text.startswith(" Tens: ") for c in children)


def test_a_node_is_expanded_when_a_person_asks_for_it() -> None:
    table = Table("mcts", simulations=4, at_once=1, children=2)
    state = table.to_the_end()
    leaf = next(
        c.id
        for c in state.candidates.values()
        if c.finish_reason == "step"
        and c.merged_into is None
        and not any(o.parent == c.id for o in state.candidates.values())
    )
    assert table.act(acts.ExpandNode(leaf)) == ""
    state = table.to_the_end()
    assert sum(c.parent == leaf for c in state.candidates.values()) == 2


def test_a_finished_search_is_taken_up_again_for_more_simulations() -> None:
    table = Table("mcts", simulations=3, at_once=1)
    assert table.to_the_end().simulations == 3
    ended = table.run.seconds
    assert table.act(acts.AddSimulations(4)) == ""
    state = table.to_the_end()
    assert state.simulations == 7
    assert state.status == "finished"
    assert sum(isinstance(event, RunFinished) for event in table.events) == 2
    assert table.run.seconds >= ended
    assert all(event.t >= ended for event in table.events[-3:])


def test_a_node_is_pruned_after_the_end_and_its_answer_counts_no_more() -> None:
    table = Table("mcts", simulations=12)
    before = table.to_the_end()
    assert before.answer is not None
    picked = before.answer.candidate
    assert picked is not None
    assert table.act(acts.PruneNode(picked)) == ""
    after = table.state
    assert after.status == "finished"
    assert after.candidates[picked].pruned
    assert after.answer is not None
    assert after.answer.candidate != picked


def test_a_branch_from_a_token_goes_on_from_there_and_has_no_vote() -> None:
    table = Table("self-consistency", n=2)
    before = table.to_the_end()
    source = before.candidates[0]
    keep = source.text.index(".")
    assert table.act(acts.TakeToken(0, keep, ord("."))) == ""
    state = table.to_the_end()
    branch = next(c for c in state.candidates.values() if c.purpose == "branch")
    assert state.whole_text(branch.id).startswith(source.text[:keep] + ".")
    assert branch.answer is not None
    assert state.status == "finished"
    assert [vote.candidates for vote in state.votes] == [vote.candidates for vote in before.votes]
    assert table.act(acts.TakeToken(77, 0, 65)) != ""
    assert table.act(acts.TakeToken(0, 5000, 65)) != ""


@pytest.mark.parametrize(
    "act",
    [
        acts.PruneNode(999),
        acts.PinNode(999, True),
        acts.ExpandNode(999),
        acts.WriteThought(999, "x"),
        acts.WriteThought(None, " "),
    ],
)
def test_what_cannot_be_done_is_refused_and_the_run_goes_on(act: acts.AnyAct) -> None:
    table = Table("mcts", simulations=6)
    table.until(lambda state: state.simulations >= 1)
    assert table.act(act) == "That is not possible in this run."
    assert table.to_the_end().simulations == 6


BEYOND = 2**62


@pytest.mark.parametrize(
    "act",
    [
        *(acts.TakeToken(0, 0, token) for token in (-1, -5, N_VOCAB, BEYOND, -BEYOND)),
        *(acts.TakeToken(0, keep, 65) for keep in (-1, 999_999, BEYOND, -BEYOND)),
        *(acts.TakeToken(candidate, 0, 65) for candidate in (-1, 999, BEYOND, -BEYOND)),
        *(kind(node) for kind in (acts.PruneNode, acts.ExpandNode) for node in (-1, BEYOND, -BEYOND)),
        *(acts.PinNode(node, True) for node in (-1, BEYOND)),
        *(acts.WriteThought(node, "x") for node in (-1, BEYOND)),
        *(acts.WriteThought(None, "x", replaces=node) for node in (-1, BEYOND)),
        *(acts.AddSimulations(count) for count in (0, -1, -BEYOND, BEYOND)),
        *(acts.RateCandidate(0, value) for value in (-0.1, 1.1, float("nan"), float("inf"))),
        *(acts.RateCandidate(candidate, 0.5) for candidate in (-1, BEYOND)),
        *(acts.ChangeBudget(Budget(tokens=tokens)) for tokens in (0, -1, BEYOND)),
        *(acts.ChangeBudget(Budget(seconds=seconds)) for seconds in (0.0, float("nan"), float("inf"))),
        *(acts.ChangeVerifiers((VerifierChoice("majority", weight),)) for weight in (0.0, -1.0, float("nan"))),
        acts.ChangeVerifiers((VerifierChoice("from-the-future"),)),
        *(acts.ChangeSetting("simulations", value) for value in (-4, BEYOND, "x", float("nan"), float("inf"))),
        *(acts.ChangeSetting("exploration", value) for value in (-1.0, float("nan"), "x")),
    ],
)
@pytest.mark.parametrize("ended", [False, True])
def test_an_act_with_a_value_that_cannot_be_is_refused_and_changes_nothing(act: acts.AnyAct, ended: bool) -> None:
    table = Table("mcts", simulations=6)
    before = table.to_the_end() if ended else table.until(lambda state: state.simulations >= 1)
    candidates = set(before.candidates)
    assert table.act(act) != ""
    state = table.to_the_end()
    assert state.simulations == 6
    assert not ended or set(state.candidates) == candidates
    assert state.status == "finished"


def test_an_act_that_a_strategy_stumbles_over_is_refused_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table("mcts", simulations=6)

    def stumble(act: acts.AnyAct) -> bool:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(table.run._strategy, "act", stumble)
    assert "by nothing" in table.act(acts.PruneNode(0))
    assert table.to_the_end().simulations == 6


@pytest.mark.parametrize("strategy", ["direct", "self-refine", "thinking", "cot-decoding", "ab-mcts", "beam-search"])
def test_a_strategy_without_a_tree_refuses_what_is_for_trees(strategy: str) -> None:
    table = Table(strategy)
    assert table.act(acts.PinNode(0, True)) != ""
    assert table.to_the_end().finish is not None


def test_one_step_by_phase_is_one_thing_that_the_search_does() -> None:
    table = Table("mcts", simulations=6, at_once=1)
    table.run.step_once("phase")
    while not table.run.paused:
        table.run.step()
    first = len(table.state.moves)
    table.run.step_once("phase")
    while not table.run.paused and not table.run.finished:
        table.run.step()
    assert len(table.state.moves) > first


ENDED_EARLY = ("adaptive", "best-of-n", "beam-search", "mcts", "self-refine", "thinking", "ab-mcts")


@pytest.mark.parametrize("strategy", ENDED_EARLY)
def test_a_branch_of_a_stopped_run_is_written_and_nothing_else(strategy: str) -> None:
    table = Table(strategy)
    table.until(lambda state: any(candidate.tokens for candidate in state.candidates.values()))
    table.run.stop()
    before = len(table.state.candidates)
    assert table.act(acts.TakeToken(0, 1, 65)) == ""
    state = table.to_the_end()
    assert len(state.candidates) == before + 1
    assert [event.outcome for event in table.events if isinstance(event, RunFinished)] == ["stopped", "stopped"]


def test_a_stopped_search_goes_on_for_as_many_simulations_as_are_added() -> None:
    table = Table("mcts", simulations=64)
    table.until(lambda state: state.simulations >= 3)
    table.run.stop()
    before, begun = table.state.simulations, table.state.simulations_begun
    assert table.act(acts.AddSimulations(4)) == ""
    assert table.to_the_end().simulations == max(before + 4, begun)  # those that were under way come to their ends


@pytest.mark.parametrize("count", [0, -3])
def test_no_simulations_at_all_cannot_be_added(count: int) -> None:
    assert "ask for one or more" in Table("mcts").act(acts.AddSimulations(count))


@pytest.mark.parametrize("act", [acts.AddSimulations(3), acts.ExpandNode(None)])
def test_an_act_that_is_refused_does_not_take_a_run_up_again(act: acts.AnyAct) -> None:
    table = Table("adaptive")
    table.until(lambda state: len(state.candidates) > 2)
    table.run.stop()
    before = len(table.events)
    assert table.act(act) == "That is not possible in this run."
    assert table.run.finished
    assert [type(event) for event in table.events[before:]] == [PersonActed]


def test_what_a_spent_budget_ended_goes_on_once_it_is_raised() -> None:
    whole = Table("best-of-n", n=6).to_the_end().ledger.completion_tokens
    table = Table("best-of-n", n=6)
    assert table.act(acts.ChangeBudget(Budget(tokens=whole // 3))) == ""
    table.to_the_end()
    assert "Raise it first." in table.act(acts.TakeToken(0, 1, 65))
    assert table.run.finished
    assert table.act(acts.ChangeBudget(Budget(tokens=whole // 4))) == ""
    assert table.run.finished
    assert table.act(acts.ChangeBudget(Budget(tokens=2 * whole))) == ""
    state = table.to_the_end()
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    assert [event.outcome for event in table.events if isinstance(event, RunFinished)] == ["budget", "answered"]


@pytest.mark.parametrize("after_the_end", [False, True])
def test_a_verifier_with_other_settings_judges_anew(after_the_end: bool) -> None:
    def wants(answer: str) -> tuple[VerifierChoice, ...]:
        return (VerifierChoice("constraints", 1.0, {"pattern": f"^{answer}$"}),)

    table = Table("best-of-n", n=8)
    table.act(acts.ChangeVerifiers(wants("81")))
    table.until(lambda state: after_the_end is False and state.ledger.completion_tokens > 100)
    table.act(acts.ChangeVerifiers(wants("82")))
    state = table.to_the_end()
    assert state.answer is not None
    assert state.answer.answer == "82"
    for candidate in state.candidates.values():
        assert candidate.scores["constraints"].value == float(candidate.answer == "82")


def test_another_weight_alone_asks_no_verifier_again() -> None:
    table = Table("best-of-n", n=4)
    table.to_the_end()
    before = len(table.events)
    assert table.act(acts.ChangeVerifiers((VerifierChoice("arithmetic", 0.2),))) == ""
    assert not any(isinstance(event, CandidateScored) for event in table.events[before:])


@pytest.mark.parametrize("strategy", ["self-consistency", "best-of-n", "adaptive"])
def test_a_number_that_a_person_lowers_saves_nothing_and_can_be_raised_again(strategy: str) -> None:
    table = Table(strategy, n=12)
    table.until(lambda state: state.ledger.completion_tokens > 60)
    table.act(acts.ChangeSetting("n", 3))
    lowered = Table(strategy, n=12)
    lowered.until(lambda state: state.ledger.completion_tokens > 60)
    lowered.act(acts.ChangeSetting("n", 3))
    state = lowered.to_the_end()
    assert state.spared is None or state.spared.stopped == 0
    table.act(acts.ChangeSetting("n", 12))
    raised = table.to_the_end()
    whole = [c for c in raised.candidates.values() if c.status == "finished"]
    assert len(whole) == 12 or strategy == "adaptive"  # which may be certain before


def test_a_verifier_that_fails_costs_its_opinion_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise ValueError("of its own")

    monkeypatch.setattr(ArithmeticChecker, "score", fail)
    state = Table("best-of-n", n=4).to_the_end()
    assert state.finish is not None
    assert state.answer is not None
    assert state.answer.answer is not None
    score = state.candidates[0].scores["arithmetic"]
    assert score.value is None
    assert "ValueError: of its own" in score.detail


def test_a_score_that_is_none_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArithmeticChecker, "score", lambda *_: Score(float("nan"), "?"))
    for strategy in ("best-of-n", "mcts", "beam-search", "particle-filtering"):
        state = Table(strategy).to_the_end()
        assert state.failure is None
        assert all(c.scores["arithmetic"].value is None for c in state.candidates.values() if c.scores)
