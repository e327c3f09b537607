"""`bench search`: how many simulations a second a tree search makes by itself, with steps that cost nothing.

Steps and their scores are drawn at once, so that only the search's own work is measured: selecting, merging, backing up
and having an answer after every result.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from itertools import product

import msgspec

from engine.moves import NodesMerged, ValueBackedUp
from engine.setup import DEFAULT_SAMPLING, SIMULATED, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.strategies.base import Result
from engine.strategies.registry import build_strategy
from engine.types import Candidate, Problem, Score, Trial

SIZES = (100, 1_000, 10_000)
PLACES = 64  # trials under way at once, as in a run
WORDINGS, ENDING, ANSWERS = 8, 0.15, 10  # how many steps differ, how often one is the last, what they may answer
EVALUATIONS = {"steps": ("arithmetic",), "rollouts": ()}


class SearchRow(msgspec.Struct, frozen=True):
    """Simulations/s while the tree grew from half of `nodes` to `nodes`, the median of the turns (None: it did not)."""

    evaluate: str
    nodes: int
    simulations_per_second: float | None


class SearchReport(msgspec.Struct, frozen=True):
    """Everything measured."""

    kind: str
    turns: int
    rows: tuple[SearchRow, ...]


def bench_search(turns: int, limit: float, as_json: bool) -> int:
    """Measures, prints and returns the exit status. A search that takes more than `limit` seconds is left."""
    found: dict[tuple[str, int], list[float]] = {}
    for turn, evaluate in product(range(turns), EVALUATIONS):
        for nodes, rate in rates(evaluate, turn + 1, limit).items():
            found.setdefault((evaluate, nodes), []).append(rate)
    rows = tuple(
        SearchRow(
            evaluate, nodes, round(statistics.median(found[evaluate, nodes])) if (evaluate, nodes) in found else None
        )
        for evaluate, nodes in product(EVALUATIONS, SIZES)
    )
    report = SearchReport("search", turns, rows)
    if as_json:
        print(json.dumps(msgspec.to_builtins(report), indent=2))
        return 0
    for row in rows:
        speed = row.simulations_per_second
        words = "not reached" if speed is None else f"{speed:,.0f} simulations/s"
        print(f"{row.evaluate}, {row.nodes:,} nodes: {words}")
    return 0


def rates(evaluate: str, seed: int, limit: float) -> dict[int, float]:
    """Simulations/s of one search at each size that its tree reaches within `limit` seconds."""
    search = build_strategy(make_setup(evaluate, seed))
    began, simulations, under_way, nodes = time.perf_counter(), 0, list[Trial](), set[int]()
    halves, found = dict[int, tuple[float, int]](), dict[int, float]()
    while not search.finished and time.perf_counter() - began < limit and len(found) < len(SIZES):
        under_way += search.ask(PLACES - len(under_way))
        result = made_up(under_way.pop(0), scored=evaluate == "steps")
        search.tell(result)
        for move in search.moves():
            match move:
                case ValueBackedUp():
                    simulations += 1
                case NodesMerged(node=node):
                    nodes.discard(node)
        search.answer()
        if result.candidate.purpose == "step":
            nodes.add(result.candidate.id)
        now = time.perf_counter()
        for size in SIZES:
            if len(nodes) >= size // 2:
                halves.setdefault(size, (now, simulations))
            if len(nodes) >= size and size not in found:
                then, before = halves[size]
                found[size] = (simulations - before) / (now - then)
    return found


def make_setup(evaluate: str, seed: int) -> RunSetup:
    """The default search, of as many simulations as a person may ask for."""
    return RunSetup(
        problem=Problem("A question.", None, "text"),
        strategy=StrategyChoice("mcts", {"simulations": 10_000, "evaluate": evaluate}),
        verifiers=tuple(VerifierChoice(name) for name in EVALUATIONS[evaluate]),
        sampling=msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=4096),
        budget=Budget(),
        load=LoadOptions(SIMULATED),
        seed=seed,
    )


def made_up(trial: Trial, *, scored: bool) -> Result:
    """A step or a rollout of three tokens, as the trial's seed has it."""
    chance = random.Random(trial.seed)
    text = f"Step {chance.randrange(WORDINGS)}."
    ended = trial.purpose == "rollout" or chance.random() < ENDING
    answer = str(chance.randrange(ANSWERS)) if ended else None
    candidate = Candidate(
        trial.id,
        text,
        answer,
        answer,
        "stop" if ended else "step",
        completion_tokens=3,
        mean_logprob=-chance.random(),
        purpose=trial.purpose,
        parent=trial.parent,
        steps=(text,),
        logprob=-3 * chance.random(),
    )
    return Result(candidate, {"arithmetic": Score(round(chance.random(), 3))} if scored else {})
