"""A candidate in words: what its card says, and what a screen reader says."""

from __future__ import annotations

from engine.acts import FIRST_BRANCH
from engine.trace.fold import CandidateState, RunState
from widgets.translation import later, tr

_WORDS = {
    "queued": later("queued"),
    "prompt": later("reading…"),
    "writing": later("writing…"),
    "stopped": later("stopped"),
    "failed": later("failed"),
}


def status_word(candidate: CandidateState) -> str:
    """A word or two for where a candidate stands."""
    if candidate.status == "finished":
        return tr("cut off") if candidate.finish_reason == "length" else tr("done")
    return tr("unsure") if is_doubted(candidate) else tr(_WORDS[candidate.status])


def is_doubted(candidate: CandidateState) -> bool:
    """Whether it was stopped because the model was too unsure of it."""
    return candidate.finish_reason == "doubt"


def is_pick(candidate: CandidateState) -> bool:
    """Whether the answer of the run is this candidate's; a run without an answer picks nobody."""
    return candidate.picked and written_answer(candidate) is not None


def stop_words(state: RunState) -> str:
    """Why candidates of a run were stopped before their end, if any were; empty where it is not known."""
    if state.failure is not None:
        return tr("stopped: the run failed")
    if state.budget_spent is not None:
        return tr("stopped: the budget is spent")
    if state.finish is not None and state.finish.outcome == "stopped":
        return tr("stopped by hand")
    return tr("not needed: it was decided") if state.status != "empty" else ""


def missing_answer(candidate: CandidateState, why_stopped: str = "") -> str:
    """What stands where the answer is not.

    Args:
        candidate: Whose answer.
        why_stopped: What `stop_words` says of its run.
    """
    if candidate.finished_at is None:
        return tr("not started yet") if candidate.status == "queued" else tr("no answer yet")
    if is_doubted(candidate):
        return tr("stopped: the model was unsure")
    if candidate.status == "stopped":
        return why_stopped or tr("stopped before an answer")
    return what_it_is(candidate) or tr("no answer found")


def what_it_is(candidate: CandidateState) -> str:
    """What a text is that is not meant to give an answer; empty for one that is."""
    if candidate.merged_into is not None:
        return tr("the same as {0}", candidate.merged_into + 1)
    if candidate.pruned:
        return tr("pruned")
    if candidate.finish_reason == "step":
        return tr("a step")
    return {"critique": tr("a critique"), "thinking": tr("thinking")}.get(candidate.purpose, "")


def number(candidate: CandidateState) -> str:
    """The number people see: the first candidate is 1."""
    return place_number(candidate.id)


def place_number(id: int) -> str:
    """The number of a candidate by its id; the branches that a person grew are B1, B2 and so on."""
    return f"B{id - FIRST_BRANCH + 1}" if id >= FIRST_BRANCH else str(id + 1)


def is_branch(candidate: CandidateState) -> bool:
    """Whether a person grew it from another candidate's token."""
    return candidate.purpose == "branch"


def branch_words(candidate: CandidateState) -> str:
    """“branch of 1 at token 7”: where a branch left its original."""
    if candidate.parent is None:
        return tr("branch")
    parent = place_number(candidate.parent)
    if candidate.kept is None:
        return tr("branch of {0}", parent)
    return tr("branch of {0} at token {1}", parent, candidate.kept + 1)


def written_answer(candidate: CandidateState) -> str | None:
    """The answer as the candidate wrote it, on one line."""
    answer = candidate.answer if candidate.answer is not None else candidate.vote
    return None if answer is None else " ".join(answer.split())


def describe(candidate: CandidateState) -> str:
    """A candidate in a sentence, for screen readers."""
    status = missing_answer(candidate) if is_doubted(candidate) else status_word(candidate)
    parts = [tr("Candidate {0}, {1}, {2} tokens", number(candidate), status, len(candidate.tokens))]
    if is_branch(candidate):
        parts.insert(1, branch_words(candidate))
    answer = written_answer(candidate)
    if answer is not None:
        parts.append(tr("answer {0}", answer))
    if candidate.correct is not None:
        parts.append(tr("right") if candidate.correct else tr("wrong"))
    if candidate.mix is not None:
        parts.append(tr("score {0:.2f}", candidate.mix))
    if is_pick(candidate):
        parts.append(tr("picked"))
    return ", ".join(parts) + "."


def describe_run(state: RunState, selected: int | None) -> str:
    """What the stage shows, in sentences: how many, how far, the votes, the pick, and the selected candidate."""
    total = len(state.candidates)
    if not total:
        return tr("No candidates yet.")
    done = sum(candidate.finished_at is not None for candidate in state.candidates.values())
    parts = [tr("{0} of {1} candidates finished.", done, total)]
    if state.votes:
        votes = ", ".join(f"{vote.answer} {len(vote.candidates)}" for vote in state.votes[:5])
        parts.append(tr("Votes: {0}.", votes))
    if state.answer is not None and state.answer.candidate is not None:
        parts.append(tr("Picked: {0}", describe(state.candidates[state.answer.candidate])))
    if selected is not None and selected in state.candidates:
        parts.append(tr("Selected: {0}", describe(state.candidates[selected])))
    return " ".join(parts)
