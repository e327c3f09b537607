"""Runs that a person changed, and runs that did not come to their end."""

from __future__ import annotations

import msgspec

from engine.acts import ChangeBudget, ChangeSetting, ChangeVerifiers, RateCandidate
from engine.events import CandidateScored, PersonActed
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.trace.fold import fold
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.engine.what_if.asking import (
    ask,
    own,
)
from tests.simulated_runs import make_setup, simulate, simulated_events

# --- runs that a person changed ----------------------------------------------------------------------------------


def changed(*acts: PersonActed) -> WhatIfPool:
    """A run to which a person did something at its end."""
    events = simulated_events(make_setup("best-of-n", n=4))
    return WhatIfPool(fold([*events[:-1], *acts, events[-1]]))


def test_a_run_that_a_person_changed_is_asked_about_as_it_was_in_the_end_and_that_is_said() -> None:
    verifiers = (VerifierChoice("majority", 2.0),)
    acts = (ChangeBudget(Budget(tokens=9999)), ChangeVerifiers(verifiers), ChangeSetting("n", 3))
    pool = changed(*(PersonActed(1.0, act) for act in acts))
    assert pool.recorded == WhatIf(StrategyChoice("best-of-n", {"n": 3}), verifiers, Budget(tokens=9999))
    assert "A person changed the run" in pool.ask(pool.recorded).notes[0]


def test_what_a_person_wanted_and_was_refused_changes_nothing() -> None:
    pool = changed(PersonActed(1.0, ChangeSetting("n", 3), "That is not possible in this run."))
    assert pool.recorded.strategy.settings == {"n": 4}
    assert pool.ask(pool.recorded).notes == ()


def test_a_persons_click_is_a_recorded_score() -> None:
    texts = {"The answer is 82.": 0.5, "It is 72, so the answer is 72.": 0.5}
    events = simulated_events(make_setup("best-of-n", (VerifierChoice("person"),), n=4), texts)
    clicked = CandidateScored(events[-1].t, 2, "person", 1.0, "a person's opinion", 0, 0.0)
    state = fold([*events, PersonActed(events[-1].t, RateCandidate(2, 1.0)), clicked])
    assert ask(state, "best-of-n", (VerifierChoice("person"),), n=4).candidate == 2


# --- runs that did not come to their end -------------------------------------------------------------------------


def test_what_a_stopped_candidate_would_have_said_is_said_not_to_be_known() -> None:
    state = simulate(make_setup("self-consistency", n=4), steps=30)
    stopped = sum(candidate.status == "stopped" for candidate in state.candidates.values())
    assert stopped > 1
    outlook = ask(state, "best-of-n", n=4)
    assert outlook.outcome == "stopped"
    assert any(note.startswith(f"{stopped} candidates were stopped") for note in outlook.notes)


def test_candidates_that_a_vote_did_not_need_are_missing_in_another_choice() -> None:
    setup = make_setup("self-consistency", n=9, stop_when_certain=True, seed=17)
    state = simulate(setup, texts={"The answer is 82.": 0.8, "Let me think about it for a while. It is 83.": 0.2})
    missing = sum(candidate.status == "stopped" for candidate in state.candidates.values())
    assert missing > 0
    outlook = ask(state, "best-of-n", n=9)
    assert (outlook.outcome, outlook.candidates_finished) == ("answered", 9 - missing)
    assert any("stopped before" in note for note in outlook.notes)
    assert own(state).notes == ()


def test_a_budget_that_was_spent_and_is_raised_does_not_make_more_of_the_recording() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", budget=Budget(tokens=80), n=6)))
    outlook = pool.ask(msgspec.structs.replace(pool.recorded, budget=Budget(tokens=5000)))
    assert (outlook.outcome, outlook.completion_tokens) == ("stopped", 80)
    assert outlook.notes


def test_a_smaller_run_ends_where_its_recording_does_and_not_by_a_budget_it_never_spent() -> None:
    pool = WhatIfPool(simulate(make_setup("best-of-n", budget=Budget(tokens=80), n=6)))
    outlook = pool.ask(pool.recorded.with_candidates(3))
    assert outlook.completion_tokens < 80
    assert (outlook.outcome, outlook.budget_spent) == ("stopped", None)
    assert outlook.notes


def test_a_recording_that_breaks_off_has_candidates_that_are_not_finished() -> None:
    events = simulated_events(make_setup("best-of-n", n=5))
    state = fold(events[: len(events) // 2])
    writing = sum(candidate.finished_at is None for candidate in state.candidates.values())
    assert writing > 1
    outlook = own(state)
    assert (outlook.outcome, outlook.candidates_finished) == ("stopped", 5 - writing)
    assert outlook.notes[-1].startswith(f"{writing} candidates were stopped")
