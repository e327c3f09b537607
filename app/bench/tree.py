"""`bench tree`: what a tree search computes twice, what many simulations at once save, and what shared prefixes do."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import msgspec

from app.bench.tree_run import TreeFigures, TreeTask
from app.probe import working_model
from engine.errors import EngineError
from engine.models.library import resolve_model
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, Value
from engine.types import Problem

ROOT = Path(__file__).resolve().parents[2]
LONGEST_WAIT = 1800.0
DECODED_BOUND, SPEED_BOUND, SHARING_BOUND = 1.02, 1.5, 4.0  # from `docs/benchmarks.md`
QUESTION = "Explain step by step, in short sentences, how a bakery works, from four in the morning until it closes."
TOKENS = 120  # of every whole text
AT_ONCE = 8
EVALUATIONS = ("steps", "rollouts")


class TreeRow(msgspec.Struct, frozen=True):
    """One way to do the same search: medians of the turns."""

    evaluate: str
    at_once: int
    shared: bool
    simulations: float
    expansions: float
    completion_tokens: float
    decoded_tokens: float
    distinct_tokens: float
    unshared_tokens: float
    seconds: float
    cpu_seconds: float
    simulations_per_second: float
    tokens_per_second: float
    tokens_per_step: float


class TreeRatios(msgspec.Struct, frozen=True):
    """Of one evaluation, medians of the ratios in each turn.

    `decoded` is tokens decoded over distinct ones (the worst of all turns). The `at_once` figures are eight simulations
    at once against one at a time: simulations/s, expansions/s, tokens/s, and processor seconds a simulation the other
    way round. The two sides do not grow the same tree, as eight at once know less of each other.
    `sharing_tokens` is how many times as many tokens the same tree costs when every prefix is computed again,
    `sharing_seconds` how many times as long a simulation took when that was done.
    """

    evaluate: str
    decoded: float
    at_once_simulations: float
    at_once_expansions: float
    at_once_tokens: float
    at_once_cpu: float
    sharing_tokens: float
    sharing_seconds: float
    sharing_cpu: float


class TreeReport(msgspec.Struct, frozen=True):
    """Everything measured, with what it was measured on."""

    kind: str
    turns: int
    model: str
    quantization: str
    device: str
    n_threads: int
    safe_mode: bool
    decoded_bound: float
    at_once_bound: float
    sharing_bound: float
    ratios: tuple[TreeRatios, ...]
    rows: tuple[TreeRow, ...]


Way = tuple[int, bool]  # simulations at once, and whether prefixes are shared
ALONE, TOGETHER, UNSHARED = (1, True), (AT_ONCE, True), (AT_ONCE, False)


def bench_tree(model: str | None, simulations: int, threads: int, turns: int, as_json: bool) -> int:
    """Measures all ways in each turn, prints and returns the exit status.

    Raises:
        ThinkscopeError: The model cannot be used, or the engine failed.
    """
    load = LoadOptions(str(resolve_model(model)), n_threads=threads)
    report = working_model(load)
    load = msgspec.structs.replace(load, n_threads=report.n_threads, safe_mode=report.safe_mode)
    found: dict[str, dict[Way, list[TreeFigures]]] = {}
    for turn, evaluate, way in product(range(turns), EVALUATIONS, (ALONE, TOGETHER, UNSHARED)):
        at_once, shared = way
        figures = run(TreeTask(make_setup(load, evaluate, at_once, simulations, seed=turn + 1), shared))
        found.setdefault(evaluate, {}).setdefault(way, []).append(figures)
        if not as_json:
            print(_in_words(row(evaluate, way, [figures])), flush=True)
    rows = tuple(row(evaluate, way, turned) for evaluate, ways in found.items() for way, turned in ways.items())
    ratios = tuple(ratios_of(evaluate, ways) for evaluate, ways in found.items())
    tree = TreeReport(
        kind="tree",
        turns=turns,
        model=Path(report.path).name,
        quantization=report.quantization,
        device=report.device,
        n_threads=report.n_threads,
        safe_mode=report.safe_mode,
        decoded_bound=DECODED_BOUND,
        at_once_bound=SPEED_BOUND,
        sharing_bound=SHARING_BOUND,
        ratios=ratios,
        rows=rows,
    )
    if as_json:
        print(json.dumps(msgspec.to_builtins(tree), indent=2))
    else:
        print_report(tree)
    return 0


def make_setup(load: LoadOptions, evaluate: str, at_once: int, simulations: int, seed: int = 1) -> RunSetup:
    """A tree search over explanations of several sentences, at a temperature at which they differ.

    None of them ends before its last token, and none is judged: a search that comes to ends looks at them again and
    again, which costs nothing, and how often it does would decide the figures.
    """
    settings: dict[str, Value] = {
        "simulations": simulations,
        "at_once": at_once,
        "evaluate": evaluate,
        "prompt": "step-by-step",
    }
    return RunSetup(
        problem=Problem(QUESTION, None, "text"),
        strategy=StrategyChoice("mcts", settings),
        verifiers=(),
        sampling=msgspec.structs.replace(DEFAULT_SAMPLING, temperature=1.0, min_tokens=TOKENS, max_tokens=TOKENS),
        budget=Budget(),
        load=load,
        seed=seed,
    )


def run(task: TreeTask) -> TreeFigures:
    """One search in a process of its own.

    Raises:
        EngineError: It failed.
    """
    command = [sys.executable, "-m", "app.bench.tree_run"]
    done = subprocess.run(
        command, cwd=ROOT, input=msgspec.json.encode(task), capture_output=True, timeout=LONGEST_WAIT, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngineError("The search failed.", last[-1] if last else f"Status {done.returncode}.")
    return msgspec.json.decode(done.stdout, type=TreeFigures)


def row(evaluate: str, way: Way, turned: Sequence[TreeFigures]) -> TreeRow:
    """The medians of the turns of one way."""
    at_once, shared = way

    def median(value: Callable[[TreeFigures], float]) -> float:
        return round(statistics.median(map(value, turned)), 3)

    return TreeRow(
        evaluate=evaluate,
        at_once=at_once,
        shared=shared,
        simulations=median(lambda one: one.simulations),
        expansions=median(lambda one: one.expansions),
        completion_tokens=median(lambda one: one.completion_tokens),
        decoded_tokens=median(lambda one: one.decoded_tokens),
        distinct_tokens=median(lambda one: one.distinct_tokens),
        unshared_tokens=median(lambda one: one.unshared_tokens),
        seconds=median(lambda one: one.seconds),
        cpu_seconds=median(lambda one: one.cpu_seconds),
        simulations_per_second=median(lambda one: one.simulations / one.seconds),
        tokens_per_second=median(lambda one: one.completion_tokens / one.seconds),
        tokens_per_step=median(lambda one: one.completion_tokens / one.decode_steps),
    )


def ratios_of(evaluate: str, ways: dict[Way, list[TreeFigures]]) -> TreeRatios:
    """What the ways have to do with each other, turn by turn: the machine may be another one in the next turn."""
    alone, together, unshared = (ways[way] for way in (ALONE, TOGETHER, UNSHARED))

    def median(value: Callable[[TreeFigures], float], of: list[TreeFigures], against: list[TreeFigures]) -> float:
        pairs = zip(of, against, strict=True)
        return round(statistics.median(value(one) / value(other) for one, other in pairs), 3)

    def simulations(one: TreeFigures) -> float:
        return one.simulations / one.seconds

    return TreeRatios(
        evaluate=evaluate,
        decoded=round(max(one.decoded_tokens / one.distinct_tokens for one in (*alone, *together)), 4),
        at_once_simulations=median(simulations, together, alone),
        at_once_expansions=median(lambda one: one.expansions / one.seconds, together, alone),
        at_once_tokens=median(lambda one: one.completion_tokens / one.seconds, together, alone),
        at_once_cpu=median(lambda one: one.cpu_seconds / one.simulations, alone, together),
        sharing_tokens=round(statistics.median(one.unshared_tokens / one.decoded_tokens for one in together), 3),
        sharing_seconds=median(simulations, together, unshared),
        sharing_cpu=median(lambda one: one.cpu_seconds / one.simulations, unshared, together),
    )


def print_report(report: TreeReport) -> None:
    """The figures for people."""
    mode = ", safe mode" if report.safe_mode else ""
    print(f"\n{report.model} on {report.device}, {report.n_threads} threads{mode}, medians of {report.turns} turns")
    for one in report.rows:
        print(_in_words(one))
    for ratios in report.ratios:
        print(
            f"{ratios.evaluate}: {ratios.decoded:.3f} tokens decoded for each distinct one (bound {DECODED_BOUND:g})\n"
            f"  {AT_ONCE} simulations at once: {ratios.at_once_simulations:.2f} x the simulations/s of one at a time "
            f"(bound {SPEED_BOUND:g}), {ratios.at_once_expansions:.2f} x the expansions/s, "
            f"{ratios.at_once_tokens:.2f} x the tokens/s, "
            f"{ratios.at_once_cpu:.2f} x less processor time\n"
            f"  shared prefixes: {ratios.sharing_tokens:.2f} x fewer tokens (bound {SHARING_BOUND:g}), "
            f"{ratios.sharing_seconds:.2f} x the simulations/s, {ratios.sharing_cpu:.2f} x less processor time"
        )


def _in_words(one: TreeRow) -> str:
    way = f"{one.evaluate}, {one.at_once} at once{'' if one.shared else ', nothing shared'}"
    return (
        f"{way}: {one.simulations:g} simulations, {one.expansions:g} expansions, {one.completion_tokens:g} tokens"
        f" in {one.seconds:.1f} s ({one.cpu_seconds:.1f} s of processors)\n"
        f"  {one.simulations_per_second:.2f} simulations/s, {one.tokens_per_second:.1f} tokens/s, "
        f"{one.tokens_per_step:.1f} tokens a step, {one.decoded_tokens:g} decoded, {one.distinct_tokens:g} distinct"
    )
