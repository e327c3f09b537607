"""A fake world that answers a strategy's trials at once, with texts whose odds are known: no model, no scheduler.

What it writes is a function of the trial's seed, its purpose, and the text that it goes on from.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.answers import extract, normalise
from engine.inference.decoder import Sampled
from engine.inference.sequence import Sequence as Text
from engine.inference.simulated_backend import END, Policy, SimulatedModel
from engine.inference.simulated_policy import SumPolicy, Texts
from engine.jury import Jury
from engine.lineage import Lineage
from engine.moves import AnyMove
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.strategies.base import Answer, Result, Strategy
from engine.types import ANSWERING, Alternative, Candidate, FinishReason, Problem, Trial
from engine.verifiers.registry import build_verifier

SMALL: Mapping[str, Mapping[str, Value]] = {
    "self-consistency": {"n": 6, "stop_when_certain": True},
    "best-of-n": {"n": 6, "stop_when_certain": True},
    "adaptive": {"n": 8, "at_once": 3},
    "beam-search": {"n": 4, "width": 2},
    "dvts": {"n": 6, "width": 2},
    "particle-filtering": {"n": 4},
    "mcts": {"simulations": 12, "children": 2, "at_once": 3},
}
"""Settings that make a strategy small where its defaults are large."""

CRITIQUES: Texts = {
    "I see no mistake.": 0.4,
    "The tens are wrong: it should be 40 + 30 = 70.": 0.4,
    "I cannot tell.": 0.2,
}
MOST_TRIALS = 5000


def small_setup(name: str, verifiers: Sequence[str] = ("arithmetic",), seed: int = 1, **settings: Value) -> RunSetup:
    """A set-up of a strategy that is through soon; `settings` go before those of `SMALL`."""
    return RunSetup(
        problem=Problem("What is 47 + 35?", "82", "addition"),
        strategy=StrategyChoice(name, {**SMALL.get(name, {}), **settings}),
        verifiers=tuple(VerifierChoice(verifier) for verifier in verifiers),
        sampling=type(DEFAULT_SAMPLING)(1.0, 0, 1.0, 0.0, 1.0, 160, (), 2),
        budget=Budget(),
        load=LoadOptions("simulated"),
        seed=seed,
    )


class NoSampler:
    """For sequences whose tokens somebody else draws."""

    alternatives = 0

    def close(self) -> None:
        pass


class World:
    """Carries trials out in any order; one byte is one token, as in the simulated model."""

    def __init__(self, setup: RunSetup, policy: Policy | None = None) -> None:
        self._setup, self._policy = setup, policy or SumPolicy()
        self._model = SimulatedModel(self._policy)
        self._lineage = Lineage(self._model)
        self._jury = Jury(setup.problem, [build_verifier(choice) for choice in setup.verifiers])
        self._texts: dict[str, Texts] = {}

    def result(self, trial: Trial) -> Result:
        """What comes of a trial, with the scores of the verifiers that need no model."""
        candidate = self._as_candidate(trial, self._write(trial))
        list(self._jury.judge(candidate))
        return Result(candidate, self._jury.scores(candidate.id))

    def failure(self, trial: Trial, reason: FinishReason = "error") -> Result:
        """What comes of a trial that was stopped or has failed after a few words."""
        whole = self._as_candidate(trial, self._write(trial))
        words = {"answer": None, "vote": None, "finish_reason": reason, "text": whole.text[:9], "steps": ()}
        return Result(Candidate(**{name: getattr(whole, name) for name in whole.__struct_fields__} | words), {})

    def _write(self, trial: Trial) -> Text:
        prompt = tuple(self._model.tokenize("?", special=False, start=True))
        begin = self._lineage.begin(trial, prompt)
        text = Text(trial.id, begin.tokens, trial.sampling, NoSampler(), begin.prefix)
        text.begin_text(self._model)
        self._lineage.submitted(text)
        before = bytes(begin.tokens[len(prompt) :]).decode()
        for token, logprob, others in self._draw(trial, before):
            text.take(Sampled(token, logprob, 0.0, others), self._model)
            if text.finish_reason is not None:
                break
        return text

    def _draw(self, trial: Trial, before: str) -> Iterator[tuple[int, float, tuple[Alternative, ...]]]:
        """The tokens that follow a text up to its end, with log-probabilities and what might have come instead."""
        words = "\n".join(message.content for message in trial.prompt.messages)
        texts = CRITIQUES if trial.purpose == "critique" else self._texts.setdefault(words, self._policy(words))
        options = {text[len(before) :]: p for text, p in texts.items() if text.startswith(before)}
        if not options:  # something was put in that the model would never have said: it begins anew, or has ended
            options = dict(texts) if trial.origin is not None and trial.origin.text else {"": 1.0}
        if trial.sampling.temperature <= 0:
            rest = max(options, key=options.__getitem__)
        else:
            rest = random.Random(trial.seed).choices(list(options), list(options.values()))[0]
        left = {(*text.encode(), END): p for text, p in options.items()}
        for i, token in enumerate((*rest.encode(), END)):
            total, next_ones = sum(left.values()), Counter[int]()
            for text, p in left.items():
                next_ones[text[i]] += p  # type: ignore[assignment]
            likeliest = next_ones.most_common(trial.sampling.alternatives)
            others = tuple(Alternative(id, chr(id), math.log(p / total)) for id, p in likeliest)
            left = {text: p for text, p in left.items() if text[i] == token}
            yield token, math.log(sum(left.values()) / total), others

    def _as_candidate(self, trial: Trial, text: Text) -> Candidate:
        whole = self._lineage.text(trial.id)
        reason = self._finish_reason(trial, text, whole)
        ended = reason in ("stop", "length") and trial.purpose in ANSWERING
        answer = extract(whole, self._setup.problem.kind, cut=reason == "length") if ended else None
        return Candidate(
            id=trial.id,
            text=whole,
            answer=answer,
            vote=None if answer is None else normalise(answer),
            finish_reason=reason,
            completion_tokens=len(text.generated),
            mean_logprob=self._lineage.mean_logprob(trial.id),
            purpose=trial.purpose,
            parent=trial.parent,
            steps=self._lineage.steps(trial.id) if trial.purpose in ("step", "rollout") else (),
            logprob=text.logprob_sum,
            first=text.first,
            answer_margin=text.margin_of(answer) if answer else None,
            watched=tuple(-1.0 - i for i in range(len(trial.sampling.watch))),
        )

    def _finish_reason(self, trial: Trial, text: Text, whole: str) -> FinishReason:
        reason = text.finish_reason or "error"
        if trial.purpose != "step" or reason not in ("step", "length"):
            return reason
        if reason == "step" and extract(whole, self._setup.problem.kind, cut=True) is not None:
            return "stop"
        return "length" if self._lineage.length(trial.id) >= self._setup.sampling.max_tokens else "step"


@dataclass
class Course:
    """All that a strategy did from some moment on."""

    trials: list[Trial] = field(default_factory=list)
    told: list[Result] = field(default_factory=list)
    moves: list[AnyMove] = field(default_factory=list)
    answer: Answer | None = None


Pick = Callable[[list[Trial]], Trial]
Tell = Callable[[Result], None]


def oldest(under_way: list[Trial]) -> Trial:
    """The trial that was asked for first."""
    return under_way[0]


def by_chance(seed: int) -> Pick:
    """Any of them."""
    chance = random.Random(seed)
    return chance.choice


class Driver:
    """Runs a strategy in a world, one result after the other, as a scheduler with `free` places would."""

    def __init__(
        self,
        strategy: Strategy,
        answer: Callable[[Trial], Result],
        *,
        free: int = 64,
        pick: Pick = oldest,
        tell: Tell | None = None,
    ) -> None:
        self.strategy, self.course, self.under_way = strategy, Course(), list[Trial]()
        self._answer, self._free, self._pick, self._tell = answer, free, pick, tell or strategy.tell

    def step(self) -> None:
        """Asks for what there is room for, then tells one result; those that are not needed are stopped."""
        self.ask()
        if self.under_way:
            trial = self._pick(self.under_way)
            self.under_way.remove(trial)
            self._take(self._answer(trial))
        for id in list(self.strategy.unneeded):
            trial = next(one for one in self.under_way if one.id == id)
            self.under_way.remove(trial)
            self._take(Result(Candidate(id, "", None, None, "abort", 0, None), {}))

    def ask(self) -> None:
        """Fills the free places."""
        free = self._free - len(self.under_way)
        asked = list(self.strategy.ask(free))
        assert len(asked) <= free
        self.course.trials += asked
        self.under_way += asked
        self.course.moves += self.strategy.moves()

    def to_the_end(self) -> Course:
        """Steps until the strategy has finished; one that stands still or goes on for ever is an error."""
        while not self.strategy.finished:
            before = len(self.course.told)
            self.step()
            assert len(self.course.told) > before or self.strategy.finished, "it waits for what was never asked for"
            assert len(self.course.trials) < MOST_TRIALS, "it does not come to an end"
        assert not self.under_way
        self.course.answer = self.strategy.answer()
        return self.course

    def _take(self, result: Result) -> None:
        self._tell(result)
        self.course.told.append(result)
        self.course.moves += self.strategy.moves()
