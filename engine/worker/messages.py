"""Typed messages between the window (or the command line) and the worker process that holds the model."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.acts import AnyAct
from engine.events import AnyEvent, ModelReport
from engine.setup import LoadOptions, RunSetup

Grain = Literal["token", "thought", "phase"]


class Command(Struct, frozen=True, tag_field="kind", tag=True):
    """Something the worker is asked to do."""


class Load(Command, frozen=True):
    """Load a model; what was loaded before is freed first. `safe_mode_reason` says why safe mode is on, if it is."""

    options: LoadOptions
    safe_mode_reason: str = ""


class Start(Command, frozen=True):
    """Start a run. Its model is loaded first if it is not the one that is there.

    It finds nothing in the cache of what earlier runs have read: the same set-up costs the same and writes the same.
    """

    run_id: str
    setup: RunSetup


class Pause(Command, frozen=True):
    """Stand still after the decode step under way."""


class Resume(Command, frozen=True):
    """Go on."""


class Step(Command, frozen=True):
    """Go on until one token, one thought (a candidate's line) or one phase is complete, then pause."""

    grain: Grain


class Intervene(Command, frozen=True):
    """Change something about a run; where it makes sense, the one that has ended last is taken up again.

    `Refused` answers when that run is not there any more.
    """

    run_id: str
    act: AnyAct


class Stop(Command, frozen=True):
    """End the run now, inside a decode if need be. The best answer so far is kept."""


class Ping(Command, frozen=True):
    """Are you there?"""

    number: int


class Shutdown(Command, frozen=True):
    """Free the model and end the process."""


class Reply(Struct, frozen=True, tag_field="kind", tag=True):
    """Something the worker says."""


class Ready(Reply, frozen=True):
    """The process is up. `gpu_supported`: whether this build of llama.cpp can offload at all."""

    pid: int
    gpu_supported: bool


class Loading(Reply, frozen=True):
    """Loading goes on; `fraction` in [0, 1]. `stage` is a few words for people, `probing` marks the probe decode."""

    stage: str
    fraction: float
    probing: bool = False


class Loaded(Reply, frozen=True):
    """The model is there and its probe decode went well."""

    report: ModelReport


class LoadFailed(Reply, frozen=True):
    """The model cannot be loaded, in words."""

    what: str
    why: str
    next_step: str


class Emitted(Reply, frozen=True):
    """Events of a run, in order."""

    run_id: str
    events: list[AnyEvent]


class Refused(Reply, frozen=True):
    """A run could not be started, in words."""

    run_id: str
    what: str
    why: str
    next_step: str


class Ended(Reply, frozen=True):
    """The run is over and the worker is idle; no more events of it will come."""

    run_id: str


class Pong(Reply, frozen=True):
    """I am here."""

    number: int


class Died(Reply, frozen=True):
    """The worker process died; said by the client in the parent, which starts it again if `restarting`."""

    what: str
    why: str
    next_step: str
    during: Literal["idle", "load", "run"]
    restarting: bool


AnyCommand = Load | Start | Pause | Resume | Step | Intervene | Stop | Ping | Shutdown
AnyReply = Ready | Loading | Loaded | LoadFailed | Emitted | Refused | Ended | Pong | Died
