"""The command line. Each command imports what it needs when it is called, so that help is quick."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError  # typer brings its own click

from app.cli_bench import bench
from app.cli_options import Json, Model
from engine.errors import BadInputError, ThinkscopeError
from engine.setup import FlashAttention, SplitMode
from engine.version import VERSION

if TYPE_CHECKING:
    from app.cli_screens import Screen
    from engine.setup import RunSetup
    from engine.trace.store import TraceWriter
    from engine.worker.messages import AnyReply

INTERRUPTED = 130
PROMPT_BYTES = 4_000_000
OUTPUT_REFUSED = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG)

RUN_HELP = """
One run in the terminal, live. Ctrl+C stops it and keeps what there is.

Exit status: 0 the run ended, 2 bad input, 3 the engine failed, 130 interrupted.
"""
RUN_EXAMPLES = """
[bold]Examples[/]

[cyan]main.py run "What is 47 + 35?"[/]

[cyan]main.py run "What is 47 + 35?" -s best-of-n --set n=16 -v arithmetic --answer 82[/]

[cyan]main.py run "What is 47 + 35?" -s best-of-n -v arithmetic:0.8 -v majority:0.2[/]

[cyan]main.py run "Why is the sky blue?" -m ~/models/qwen.gguf --budget-seconds 30[/]

[cyan]main.py run "What is 7 x 8?" --json > events.jsonl[/]
"""
WHAT_IF_HELP = """
What would have come of a recorded run with other choices: the answer, whether it is right, and the cost, at once.

No new tokens are generated: the candidates that were recorded are chosen from anew. A search is not run again: of it,
another choice is one among the texts that it found.
"""
WHAT_IF_EXAMPLES = """
[bold]Examples[/]

[cyan]main.py whatif run.tsrun --strategy self-consistency --n 8[/]

[cyan]main.py whatif run.tsrun -s best-of-n -v mean-logprob --set choose=weighted-vote[/]

[cyan]main.py whatif run.tsrun --budget-tokens 500 --json[/]
"""
EXPORT_HELP = """
The numbers of a recorded run as files for other programs. Unknown stays empty; no file is overwritten.
"""
EXPORT_EXAMPLES = """
[bold]Examples[/]

[cyan]main.py export run.tsrun --csv run.csv[/]

[cyan]main.py export search.tsrun --graphml tree.graphml --node-link tree.json[/]
"""
SPREAD_HELP = """
One budget of samples over a set of problems: the ones that are settled soon leave their share to the harder ones.

Each problem gets a few samples first; then the one with the most doubt by its cost gets the next (Snell et al. 2024).
PROBLEMS are names of built-in sets with commas, “ladder” for all of them, or a file with a JSON object a line:
{"question": …, "answer": …}. Ctrl+C ends it with what is there.
"""
SPREAD_EXAMPLES = """
[bold]Examples[/]

[cyan]main.py spread ladder --budget 800[/]

[cyan]main.py spread one-digit-sums,two-digit-sums --budget 160 --even[/]

[cyan]main.py spread my-problems.jsonl --budget 400 --json > samples.jsonl[/]
"""

WINDOW_HELP = """
A desktop microscope for inference scaling. Without a command the window opens.
"""
WINDOW_EXAMPLES = """
[bold]Examples[/]

[cyan]main.py --model simulated[/]

[cyan]main.py --open run.tsrun[/]
"""

app = typer.Typer(
    name="main.py",
    help=WINDOW_HELP,
    epilog=WINDOW_EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"Thinkscope {VERSION}")
        raise typer.Exit


@app.callback(help=WINDOW_HELP, epilog=WINDOW_EXAMPLES)
def main(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="The window's model: a GGUF file, a name from `models list`, or simulated."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--open", help="A recording, a set-up or a model to open in the window.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Says which version this is.")
    ] = False,
) -> int:
    """See WINDOW_HELP."""
    if context.invoked_subcommand is None:
        return _open_window(file, model)
    for name, value in (("--model", model), ("--open", file)):
        if value is not None:
            command = context.invoked_subcommand
            why = "Options before a command are for the window, which this command does not open."
            raise BadInputError(f"{name} stands before `{command}`.", why, f"See `main.py {command} --help`.")
    return 0


def _open_window(file: Path | None, model: str | None) -> int:
    """Opens it with what was asked for; what is wrong with that is said here and not in the window."""
    from app.cli_window import open_window

    if file is not None and not file.is_file():
        raise BadInputError(f"There is no file “{file}”.", "", "Check the path after --open.")
    if model is None:
        return open_window(file)
    from app.probe import check_model_file
    from engine.models.library import resolve_model
    from engine.setup import SIMULATED

    path = str(resolve_model(model))
    check_model_file(path)
    return open_window(file, path if path == SIMULATED else str(Path(path).absolute()))


models = typer.Typer(help="The models on this machine.", no_args_is_help=True)
# Written out, so that --help need not import the engine; a test compares.
STRATEGY_NAMES = (
    "direct, chain-of-thought, self-consistency, best-of-n, self-refine, beam-search, dvts, particle-filtering, mcts, "
    "ab-mcts, thinking, adaptive, cot-decoding."
)
VERIFIER_NAMES = (
    "known-answer, majority, arithmetic, mean-logprob, entropy, self-certainty, deepconf, model-judge, process-judge, "
    "reward-model, code-execution, user-function, math-equivalence, constraints, person."
)
app.add_typer(models, name="models")
app.add_typer(bench, name="bench")


def run_command_line(arguments: Sequence[str]) -> int:
    """Carries out a command and returns its exit status; every error ends in words, never in a traceback."""
    _prepare_streams(as_json="--json" in arguments)
    try:
        return app(list(arguments), prog_name="main.py", standalone_mode=False) or 0
    except NoArgsIsHelpError:
        return BadInputError.exit_status  # the help has been printed
    except ClickException as error:
        return _say(_in_words(error))
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ThinkscopeError as error:
        return _say(error)
    except (BrokenPipeError, SystemExit):  # typer makes a SystemExit of the reader of a pipe (`| head`) that has enough
        _leave_stdout()
        return 0
    except Exception as error:
        return _say(_unexpected(error))


def _leave_stdout() -> None:
    """Keeps Python from complaining when it flushes what nobody takes at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(error: Exception) -> ThinkscopeError:
    from engine.error_log import write_down

    if isinstance(error, OSError) and error.errno in OUTPUT_REFUSED and error.filename is None:
        _leave_stdout()
        why = f"The system says: {error.strerror}."
        return ThinkscopeError("The output cannot be written.", why, "Free some space, or send it elsewhere.")
    return write_down("Something in Thinkscope did not work.", error)


def _prepare_streams(as_json: bool) -> None:
    """JSON is UTF-8 everywhere; for people, what a terminal cannot show becomes a question mark."""
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (until the end of the process)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", **({"encoding": "utf-8"} if as_json else {}))


def _say(error: ThinkscopeError) -> int:
    from app.cli_errors import say_error

    say_error(error)
    return error.exit_status


def _in_words(error: ClickException) -> ThinkscopeError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "main.py"
    return BadInputError(error.format_message(), "", f"See `{command} --help`.")


@app.command(help=RUN_HELP, epilog=RUN_EXAMPLES)
def run(
    prompt: Annotated[str | None, typer.Argument(help="The question; - reads it from standard input.")] = None,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", "-s", help=STRATEGY_NAMES),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting of the strategy: n=16, or of a verifier: code-execution.tests=@tests.txt. Repeatable.",
        ),
    ] = None,
    verifiers: Annotated[
        list[str] | None,
        typer.Option(
            "--verifier",
            "-v",
            metavar="NAME[:WEIGHT]",
            help=f"{VERIFIER_NAMES} With a weight, if you like. Repeatable.",
        ),
    ] = None,
    answer: Annotated[
        str | None, typer.Option(help="The right answer. Known by itself for the built-in problems.")
    ] = None,
    model: Model = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same settings, same machine: same run. Default 1.")
    ] = None,
    budget_tokens: Annotated[int | None, typer.Option(help="Stop after so many generated tokens.")] = None,
    budget_seconds: Annotated[float | None, typer.Option(help="Stop after so many seconds.")] = None,
    budget_candidates: Annotated[int | None, typer.Option(help="Begin at most so many candidates.")] = None,
    budget_all_tokens: Annotated[
        int | None, typer.Option(help="Stop after so many tokens, those of prompts included.")
    ] = None,
    budget_simulations: Annotated[int | None, typer.Option(help="Stop a tree search after so many.")] = None,
    budget_joules: Annotated[
        float | None, typer.Option(help="Stop after so much energy: an estimate where no counter can be read.")
    ] = None,
    budget_price: Annotated[float | None, typer.Option(help="Stop when the energy has cost so much.")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="0 takes the likeliest token each time. Default 0.7.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from so many likeliest tokens; 0 is off. Default 40.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw from the likeliest tokens that make up this share. Default 0.95.")
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Leave out tokens below this share of the likeliest. Default 0.05.")
    ] = None,
    repeat_penalty: Annotated[float | None, typer.Option(help="Above 1 repeats less. Default 1, off.")] = None,
    min_tokens: Annotated[int | None, typer.Option(help="The least tokens of one candidate. Default 0.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens of one candidate. Default 160.")] = None,
    gpu_layers: Annotated[int | None, typer.Option(help="Layers on the GPU; -1 is all, 0 none.")] = None,
    main_gpu: Annotated[int | None, typer.Option(help="The GPU that holds what is not split; 0 is the first.")] = None,
    split_mode: Annotated[
        SplitMode | None, typer.Option(help="What several GPUs share: whole layers, rows of layers, or nothing.")
    ] = None,
    tensor_split: Annotated[str | None, typer.Option(help="The share of each GPU, as 3,1.")] = None,
    kv_on_gpu: Annotated[
        bool | None, typer.Option("--kv-on-gpu/--kv-off-gpu", help="Where the KV cache is kept. Default on the GPU.")
    ] = None,
    flash_attention: Annotated[
        FlashAttention | None, typer.Option(help="Default auto: on where it is the faster way for this run.")
    ] = None,
    context: Annotated[
        int | None, typer.Option(help="The most tokens of one candidate with its prompt; 0: as trained.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 lets the engine choose.")] = None,
    safe_mode: Annotated[
        bool | None,
        typer.Option("--safe-mode/--no-safe-mode", help="Without the CPU kernels that crash on some machines."),
    ] = None,
    load_anyway: Annotated[
        bool | None, typer.Option("--load-anyway", help="Even if the estimate says that memory is short.")
    ] = None,
    setup: Annotated[Path | None, typer.Option(help="A set-up file; other options change it.")] = None,
    events: Annotated[Path | None, typer.Option(help="Record the run in this new file, for `replay`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One event per line, then a summary line.")] = False,
) -> int:
    """See RUN_HELP."""
    from app.cli_setup import RunOptions, make_setup
    from app.probe import check_model_file
    from engine.check import check_setup

    options = RunOptions(
        prompt=_read_prompt(prompt),
        strategy=strategy,
        settings=tuple(settings or ()),
        verifiers=tuple(verifiers or ()),
        answer=answer,
        model=model,
        seed=seed,
        budget_tokens=budget_tokens,
        budget_seconds=budget_seconds,
        budget_candidates=budget_candidates,
        budget_all_tokens=budget_all_tokens,
        budget_simulations=budget_simulations,
        budget_joules=budget_joules,
        budget_price=budget_price,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repeat_penalty=repeat_penalty,
        min_tokens=min_tokens,
        max_tokens=max_tokens,
        gpu_layers=gpu_layers,
        main_gpu=main_gpu,
        split_mode=split_mode,
        tensor_split=tensor_split,
        kv_on_gpu=kv_on_gpu,
        flash_attention=flash_attention,
        context=context,
        threads=threads,
        safe_mode=safe_mode,
        load_anyway=load_anyway,
        setup=setup,
    )
    chosen = make_setup(options)
    check_setup(chosen)
    check_model_file(chosen.load.path)
    return _run(chosen, _screen(as_json), events, try_normal_kernels=safe_mode is False)


def _run(setup: RunSetup, screen: Screen, events: Path | None, *, try_normal_kernels: bool) -> int:
    from app.cli_run import CommandLineRun
    from engine.trace.store import data_folder
    from engine.worker.client import WorkerClient

    def make_client(on_reply: Callable[[AnyReply], None]) -> WorkerClient:
        client = WorkerClient(on_reply, data_folder())
        if try_normal_kernels:
            client.forget_safe_mode()
        return client

    if events is None:
        return CommandLineRun(setup, screen, make_client).execute()
    with _new_recording(events) as writer:
        return CommandLineRun(setup, screen, make_client, writer).execute()


def _new_recording(path: Path) -> TraceWriter:
    from engine.trace.store import TraceWriter

    if not path.name:
        raise BadInputError("The recording has no name.", "", "Name a new file, as run.tsrun.")
    if os.path.lexists(path):
        raise BadInputError(f"“{path}” is there already.", "A recording overwrites no file.", "Choose another name.")
    try:
        return TraceWriter(path)
    except ThinkscopeError as error:  # nothing has run yet: another name is all it needs
        raise BadInputError(error.what, error.why, error.next_step) from None


def _read_prompt(prompt: str | None) -> str | None:
    if prompt != "-":
        return prompt
    data = sys.stdin.buffer.read(PROMPT_BYTES + 1) if sys.stdin is not None else b""
    if len(data) > PROMPT_BYTES:
        raise BadInputError("The prompt on standard input is too long.", f"At most {PROMPT_BYTES:,} bytes are read.")
    return data.decode("utf-8", errors="surrogateescape")  # what is no text is refused with the rest of the set-up


def _screen(as_json: bool, label: str = "") -> Screen:
    from app.cli_screens import JsonScreen, PlainScreen

    if as_json:
        return JsonScreen()
    if not sys.stdout.isatty():
        return PlainScreen()
    from app.cli_live import LiveScreen

    return LiveScreen(label=label)


@app.command(epilog="main.py replay run.tsrun --speed 4")
def replay(
    file: Annotated[Path, typer.Argument(help="A recorded run.")],
    speed: Annotated[
        float, typer.Option(min=0.01, max=1000, help="Times its own pace in a terminal; a pipe gets all at once.")
    ] = 1.0,
    window: Annotated[bool, typer.Option("--window", help="Open it in the window instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All events at once, one per line, then a summary.")] = False,
) -> int:
    """Plays a recorded run."""
    from app.cli_run import play
    from engine.trace.reader import TraceReader

    reader = TraceReader(file)
    if window:
        from app.cli_window import open_window

        return open_window(file)
    if reader.truncated:
        print(f"note: “{file.name}” is cut short; what is whole is shown.", file=sys.stderr)
    screen = _screen(as_json, label="RECORDED")
    at_once = as_json or not sys.stdout.isatty()
    state = play(list(reader), screen, float("inf") if at_once else speed)
    if state.start is None:
        raise BadInputError(f"“{file.name}” holds no run.", "It was cut before its first event.")
    return 0


@app.command("whatif", help=WHAT_IF_HELP, epilog=WHAT_IF_EXAMPLES)
def what_if(
    file: Annotated[Path, typer.Argument(help="A recorded run.")],
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", "-s", help="chain-of-thought (the first candidate), self-consistency, best-of-n, …"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the strategy or of a verifier. Repeatable."),
    ] = None,
    verifiers: Annotated[
        list[str] | None,
        typer.Option("--verifier", "-v", metavar="NAME[:WEIGHT]", help="In place of the run's own. Repeatable."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "--n",
            help="How many candidates. With -s best-of-n or self-consistency: the first so many texts of a search.",
        ),
    ] = None,
    budget_tokens: Annotated[int | None, typer.Option(help="Stop after so many generated tokens.")] = None,
    budget_seconds: Annotated[float | None, typer.Option(help="Stop after so many seconds (estimate).")] = None,
    budget_simulations: Annotated[int | None, typer.Option(help="Stop after so many simulations of a search.")] = None,
    budget_candidates: Annotated[int | None, typer.Option(help="Begin at most so many candidates.")] = None,
    budget_all_tokens: Annotated[
        int | None, typer.Option(help="Stop after so many tokens, those of prompts included.")
    ] = None,
    budget_joules: Annotated[float | None, typer.Option(help="Stop after so much energy (estimate).")] = None,
    budget_price: Annotated[float | None, typer.Option(help="Stop when that has cost so much (estimate).")] = None,
    as_json: Json = False,
) -> int:
    """See WHAT_IF_HELP."""
    from app import cli_what_if

    options = cli_what_if.WhatIfOptions(
        strategy=strategy,
        settings=tuple(settings or ()),
        verifiers=tuple(verifiers or ()),
        n=n,
        budget_tokens=budget_tokens,
        budget_seconds=budget_seconds,
        budget_candidates=budget_candidates,
        budget_simulations=budget_simulations,
        budget_all_tokens=budget_all_tokens,
        budget_joules=budget_joules,
        budget_price=budget_price,
    )
    return cli_what_if.what_if(file, options, as_json)


@app.command(help=EXPORT_HELP, epilog=EXPORT_EXAMPLES)
def export(
    file: Annotated[Path, typer.Argument(help="A recorded run.")],
    csv: Annotated[
        Path | None, typer.Option("--csv", help="A row for each candidate; the totals go into FILE-totals beside it.")
    ] = None,
    graphml: Annotated[Path | None, typer.Option("--graphml", help="The tree for networkx, yEd or Gephi.")] = None,
    node_link: Annotated[
        Path | None, typer.Option("--node-link", help="The tree as the JSON that networkx reads.")
    ] = None,
) -> int:
    """See EXPORT_HELP."""
    from app import cli_export

    return cli_export.export(file, csv, graphml, node_link)


@app.command(help=SPREAD_HELP, epilog=SPREAD_EXAMPLES)
def spread(
    problems: Annotated[str, typer.Argument(help="Names of built-in sets, or a file.", show_default=False)],
    budget: Annotated[int, typer.Option(min=1, max=65_536, help="How many samples, for all problems together.")],
    most: Annotated[int, typer.Option(min=1, max=4096, help="How many one problem may get.")] = 64,
    probe: Annotated[int, typer.Option(min=1, max=4096, help="How many each problem gets first.")] = 4,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="How probable a lead must be to be settled.")
    ] = 0.95,
    even: Annotated[
        bool, typer.Option("--even", help="Draw what is missing for an even split, too, and compare the two.")
    ] = False,
    at_once: Annotated[
        int, typer.Option(min=1, max=256, help="Samples under way together: more are faster, fewer waste less.")
    ] = 16,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Same seed, same settings, same machine: same samples.")] = 1,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 lets the engine choose.")] = 0,
    max_tokens: Annotated[int, typer.Option(help="The most tokens of one sample.")] = 160,
    as_json: Annotated[
        bool, typer.Option("--json", help="Each sample as it ends, then each problem, then a summary line.")
    ] = False,
) -> int:
    """See SPREAD_HELP."""
    from app import cli_spread

    options = cli_spread.SpreadOptions(
        problems=problems,
        budget=budget,
        most=most,
        probe=probe,
        confidence=confidence,
        at_once=at_once,
        seed=seed,
        model=model,
        threads=threads,
        max_tokens=max_tokens,
        even=even,
        as_json=as_json,
    )
    return cli_spread.spread(options)


@models.command("list")
def list_models(as_json: Json = False) -> int:
    """Lists the default model, and those in your folder and in the caches of neighbouring programs."""
    from app import cli_models

    return cli_models.list_models(as_json)


@models.command("info", epilog="main.py models info SmolLM2-135M-Instruct.Q4_1 --context 8192")
def show_info(
    model: Annotated[str | None, typer.Argument(help="A file or a name; by default the default model.")] = None,
    context: Annotated[int, typer.Option(min=0, help="Estimate the memory for this many tokens of context.")] = 0,
    as_json: Json = False,
) -> int:
    """Shows what a model's header says, and the memory it would need."""
    from app import cli_models

    return cli_models.show_info(model, context, as_json)


@models.command("check")
def check_model(
    model: Annotated[str | None, typer.Argument(help="A file or a name; by default the default model.")] = None,
    as_json: Json = False,
) -> int:
    """Reads a model's header, then loads it in a child process and decodes once."""
    from app import cli_models

    return cli_models.check_model(model, as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Says what this machine can do, and why not more. Exit status 0 when everything needed works, else 3."""
    from app.doctor import run_doctor

    return run_doctor(as_json)
