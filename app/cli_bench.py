"""`main.py bench`: each measurement is a command. Each imports what it needs when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli_options import Json, Model

bench = typer.Typer(help="Measurements of this program on this machine.", no_args_is_help=True)


@bench.command(epilog="main.py bench throughput --candidates 1,16 --tokens 60 --json")
def throughput(
    model: Model = None,
    candidates: Annotated[str, typer.Option(help="How many candidates at once, with commas.")] = "1,4,8,16,32,64",
    tokens: Annotated[int, typer.Option(min=8, max=2048, help="Tokens of each candidate.")] = 60,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the engine choose, for both sides.")] = 0,
    turns: Annotated[int, typer.Option(min=1, max=20, help="How often everything is measured; medians count.")] = 1,
    as_json: Json = False,
) -> int:
    """Tokens per second against one candidate after the other with llama_cpp.Llama, same file and threads."""
    from app.bench.throughput import bench_throughput

    return bench_throughput(model, candidates, tokens, threads, turns, as_json)


@bench.command(epilog="main.py bench tree --simulations 32 --turns 3 --json")
def tree(
    model: Model = None,
    simulations: Annotated[int, typer.Option(min=8, max=1024, help="Simulations of each search.")] = 32,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the engine choose.")] = 0,
    turns: Annotated[int, typer.Option(min=1, max=20, help="How often everything is measured; medians count.")] = 3,
    as_json: Json = False,
) -> int:
    """What a tree search computes twice, what eight simulations at once save, and what sharing prefixes saves."""
    from app.bench.tree import bench_tree

    return bench_tree(model, simulations, threads, turns, as_json)


@bench.command(epilog="main.py bench search --turns 3 --json")
def search(
    turns: Annotated[int, typer.Option(min=1, max=20, help="How often everything is measured; medians count.")] = 3,
    limit: Annotated[float, typer.Option(min=1, help="Seconds after which a search is left.")] = 60,
    as_json: Json = False,
) -> int:
    """Simulations a second of a tree search by itself, in trees of 100, 1,000 and 10,000 nodes."""
    from app.bench.search import bench_search

    return bench_search(turns, limit, as_json)


@bench.command()
def recovery(
    turns: Annotated[int, typer.Option(min=1, max=50, help="How often each signal is sent.")] = 5,
    as_json: Json = False,
) -> int:
    """Seconds until the model is there again after the engine's process was killed."""
    from app.bench.recovery import bench_recovery

    return bench_recovery(turns, as_json)


@bench.command()
def startup(
    runs: Annotated[int, typer.Option(min=1, max=50, help="How often the window is opened.")] = 5,
    as_json: Json = False,
) -> int:
    """Seconds from the launch to the window, to something moving, to the first real token."""
    from app.bench.startup import bench_startup

    return bench_startup(runs, as_json)


@bench.command()
def ui(
    candidates: Annotated[int, typer.Option(min=1, max=256, help="Candidates that stream at once.")] = 64,
    tokens: Annotated[int, typer.Option(min=8, max=2048, help="Tokens of each candidate.")] = 60,
    turns: Annotated[int, typer.Option(min=1, max=20, help="How often it is measured, with and without.")] = 3,
    tree: Annotated[int, typer.Option(min=0, max=100_000, help="A search tree of so many thoughts instead.")] = 0,
    as_json: Json = False,
) -> int:
    """Work per frame and time between frames while candidates stream, and what the window costs the engine."""
    if tree:
        from app.bench.ui_tree import bench_ui_tree

        return bench_ui_tree(tree, as_json)
    from app.bench.ui import bench_ui

    return bench_ui(candidates, tokens, turns, as_json)


@bench.command()
def layout(
    turns: Annotated[int, typer.Option(min=1, max=20, help="How often each tree is laid out; medians count.")] = 3,
    as_json: Json = False,
) -> int:
    """Time a node to lay a search tree out, in six shapes of up to 100,000 thoughts."""
    from app.bench.layout import bench_layout

    return bench_layout(turns, as_json)


@bench.command()
def soak(
    minutes: Annotated[float, typer.Option(min=0.1, max=600, help="Minutes of the run clock, shown at 16x.")] = 30,
    as_json: Json = False,
) -> int:
    """Whether the window's memory stays flat while recorded runs are replayed over and over."""
    from app.bench.soak import bench_soak

    return bench_soak(minutes, as_json)


@bench.command("what-if")
def bench_what_if(
    candidates: Annotated[int, typer.Option(min=1, max=1024, help="Candidates of the simulated run.")] = 256,
    turns: Annotated[int, typer.Option(min=1, max=100, help="How often everything is measured; medians count.")] = 9,
    as_json: Json = False,
) -> int:
    """Milliseconds that a what-if takes over a simulated run, with every verifier that needs no model."""
    from app.bench.what_if import bench_what_if as measure

    return measure(candidates, turns, as_json)


@bench.command("strategies", epilog="main.py bench strategies --problems 10 --budget 400 --json")
def bench_strategies(
    model: Model = None,
    problems: Annotated[int, typer.Option(min=1, max=10, help="Problems of each kind.")] = 10,
    budget: Annotated[int, typer.Option(min=1, help="Generated tokens a problem, the same for all.")] = 400,
    seed: Annotated[int, typer.Option(help="Of the runs.")] = 1,
    only: Annotated[str, typer.Option(help="Names of those that take part, with semicolons; all by default.")] = "",
    as_json: Json = False,
) -> int:
    """Accuracy, tokens and seconds of each strategy on four kinds of problem, at equal token budgets."""
    from app.bench.strategies import bench_strategies as measure

    return measure(model, problems, budget, seed, only, as_json)
