"""Programs that try to leave the sandbox, to use up the machine or to bring the engine down, and what they get."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.verifiers.limits import Limits
from engine.verifiers.outcome import Kind

WITNESS = Path(tempfile.gettempdir()) / "thinkscope-escaped-from-the-sandbox"
LIMITS = Limits(seconds=20.0, megabytes=16)  # on a busy machine it takes its time to meet another limit


@dataclass(frozen=True)
class Hostile:
    """A program and how it must end. `words` must stand in the outcome's words."""

    name: str
    source: str
    kind: Kind
    words: str

    @property
    def limits(self) -> Limits:
        """What it is allowed: little of what it is to run out of."""
        return Limits(0.3, 64) if self.kind == "timeout" else LIMITS


def _files() -> list[Hostile]:
    path = str(WITNESS)
    return [
        Hostile("read a file", "open('/etc/passwd').read()", "unsupported", "files"),
        Hostile("write a file", f"open({path!r}, 'w').write('out')", "unsupported", "files"),
        Hostile("append in a with", f"with open({path!r}, 'a') as f:\n    f.write('out')", "unsupported", "files"),
        Hostile("pathlib", f"import pathlib\npathlib.Path({path!r}).write_text('out')", "unsupported", "files"),
        Hostile("touch", f"import os\nos.mknod({path!r})", "unsupported", "os.mknod"),
        Hostile("list a folder", "import os\nos.listdir('/')", "unsupported", "files"),
        Hostile("delete", "import os\nos.remove('/etc/passwd')", "unsupported", "files"),
        Hostile("environment", "import os\nos.environ['HOME']", "unsupported", "os.environ"),
        Hostile("shutil", "import shutil\nshutil.rmtree('/')", "unsupported", "the module shutil"),
        Hostile("sqlite", "import sqlite3", "unsupported", "the module sqlite3"),
        Hostile(
            "files without end",
            "import os\nwhile True:\n    try:\n        os.listdir('/')\n    except Exception:\n        pass",
            "unsupported",
            "that many calls to the outside",
        ),
    ]


def _network() -> list[Hostile]:
    return [
        Hostile("socket", "import socket\nsocket.create_connection(('127.0.0.1', 80))", "unsupported", "socket"),
        Hostile("urllib", "import urllib.request", "unsupported", "urllib"),
        Hostile("http", "import http.client", "unsupported", "http"),
        Hostile("requests", "import requests", "unsupported", "requests"),
        Hostile("ssl", "from ssl import create_default_context", "unsupported", "ssl"),
    ]


def _processes() -> list[Hostile]:
    path = str(WITNESS)
    return [
        Hostile("shell", f"import os\nos.system('touch {path}')", "unsupported", "os.system"),
        Hostile("subprocess", f"import subprocess\nsubprocess.run(['touch', {path!r}])", "unsupported", "subprocess"),
        Hostile("fork bomb", "import os\nwhile True:\n    os.fork()", "unsupported", "os.fork"),
        Hostile("kill the engine", "import os\nos.kill(os.getppid(), 9)", "unsupported", "os.getppid"),
        Hostile("exec", "import os\nos.execv('/bin/sh', ['sh'])", "unsupported", "os.execv"),
        Hostile("multiprocessing", "import multiprocessing", "unsupported", "multiprocessing"),
        Hostile("threads", "import threading", "unsupported", "threading"),
        Hostile("machine code", "import ctypes\nctypes.string_at(0)", "unsupported", "ctypes"),
        Hostile("signal", "import signal", "unsupported", "signal"),
        Hostile("exit", "import sys\nsys.exit(0)", "unsupported", "sys.exit"),
        Hostile("interrupt", "raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
        Hostile("ask the person", "input('password: ')", "unsupported", "input()"),
    ]


def _introspection() -> list[Hostile]:
    return [
        Hostile("subclasses", "().__class__.__bases__[0].__subclasses__()", "unsupported", "__class__"),
        Hostile("hidden attribute", "getattr('', '__cl' + 'ass__')", "unsupported", "__class__"),
        Hostile("format string", "'{0.__class__.__init__.__globals__}'.format('')", "unsupported", "__class__"),
        Hostile("globals of a function", "def f(): pass\nf.__globals__", "unsupported", "__globals__"),
        Hostile("code object", "(lambda: 1).__code__", "unsupported", "__code__"),
        Hostile("frames", "import sys\nsys._getframe()", "unsupported", "sys._getframe"),
        Hostile(
            "traceback", "try:\n    1/0\nexcept Exception as e:\n    e.__traceback__", "unsupported", "__traceback__"
        ),
        Hostile("import function", "__import__('os').system('ls')", "unsupported", "__import__()"),
        Hostile("importlib", "import importlib", "unsupported", "importlib"),
        Hostile("builtins", "import builtins\nbuiltins.print = None", "unsupported", "builtins"),
        Hostile("garbage collector", "import gc\ngc.get_objects()", "unsupported", "gc"),
        Hostile("pickle", "import pickle", "unsupported", "pickle"),
        Hostile("make a class", "type('A', (object,), {})", "unsupported", "type() bases"),
        Hostile("change a module", "import math\nmath.pi = 3", "error", "AttributeError"),
    ]


def _memory() -> list[Hostile]:
    words = "more than 16 MB"
    programs = {
        "list bomb": "x = []\nwhile True:\n    x.append('a' * 1000)",
        "doubling": "x = 'a'\nwhile True:\n    x += x",
        "dict bomb": "d = {}\ni = 0\nwhile True:\n    d[i] = i\n    i += 1",
        "long text": "'a' * 10**12",
        "long list": "[0] * 10**10",
        "range to list": "list(range(10**10))",
        "endless iterator": "import itertools\nlist(itertools.count())",
        "permutations": "import itertools\nlist(itertools.permutations(range(15)))",
        "huge integer": "10**10**8",
        "shift": "1 << 10**10",
        "width of a format": "'{:>1000000000000}'.format(1)",
        "width of a percent": "'%1000000000d' % 1",
        "padding": "'a'.ljust(10**11)",
        "replace": "('a' * 10**6).replace('', 'b' * 10**6)",
        "join": "('a' * 10**5).join(['b'] * 10**5)",
        "bytes": "bytes(10**12)",
        "random bits": "import random\nrandom.getrandbits(10**11)",
        "regular expression": "import re\nre.sub('a', 'b' * 10**6, 'a' * 10**6)",
        "long source": "x = 1\n" * 400_000,
        "deep list": "x = []\nfor i in range(10**6):\n    x = [x]\nrepr(x)",
        "large value": "list(range(400_000))",
    }
    return [Hostile(name, source, "memory", words) for name, source in programs.items()]


def _time() -> list[Hostile]:
    programs = {
        "endless loop": "while True:\n    pass",
        "loop that catches all": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "sum": "sum(range(10**12))",
        "max": "max(range(10**12))",
        "search": "import itertools\n5 in itertools.cycle([1])",
        "sleep": "import time\nwhile True:\n    time.sleep(1000)",
        "asyncio": "import asyncio\nasync def f():\n    while True:\n        await asyncio.sleep(0)\nasyncio.run(f())",
        "factorial": "import math\nmath.factorial(10**7)",
        "modular power": "pow(3, 10**30000, 10**30000 + 7)",
        "hash": "class A:\n    def __hash__(self):\n        while True: pass\n{A(): 1}",
        "equality": "class A:\n    def __eq__(self, other):\n        while True: pass\nA() == A()",
        "key of a sort": "def key(x):\n    while True: pass\nsorted([1, 2], key=key)",
        "recursion caught": "def f():\n    try:\n        f()\n    except RecursionError:\n        f()\nf()",
        # these are single operations, inside which only a kill helps
        "gcd": "import math\nmath.gcd(3**4_000_000, 7**3_000_000)",
        "division": "7**5_000_000 // 3**4_000_000",
        "multiplication": "x = 3**1_000_000\nwhile True:\n    x = x * x % 7**4_000_000",
    }
    return [Hostile(name, source, "timeout", "longer than 0.3 s") for name, source in programs.items()]


def _depth() -> list[Hostile]:
    calls, nested = "deeper than 1,000 calls", "nested too deeply"
    return [
        Hostile("recursion", "def f(): return f()\nf()", "recursion", calls),
        Hostile("mutual", "def a(): return b()\ndef b(): return a()\na()", "recursion", calls),
        Hostile("own repr", "class A:\n    def __repr__(self): return repr(self)\nrepr(A())", "recursion", calls),
        Hostile("own hash", "class A:\n    def __hash__(self): return hash(self)\nhash(A())", "recursion", calls),
        Hostile("through sort", "def f(x): return sorted([1, 2], key=f)\nf(1)", "recursion", calls),
        Hostile("through exec", "s = 'exec(s)'\nexec(s)", "recursion", calls),
        Hostile("a list in itself", "x = []\nx.append(x)\ny = []\ny.append(y)\nx == y", "recursion", calls),
        Hostile("json", "import json\nx = []\nfor i in range(10**4):\n    x = [x]\njson.dumps(x)", "recursion", calls),
        Hostile("json text", "import json\njson.loads('[' * 10**6)", "error", "recursion limit"),
        Hostile("brackets", "(" * 100_000 + "1" + ")" * 100_000, "recursion", nested),
        Hostile("lists", "[" * 100_000 + "]" * 100_000, "recursion", nested),
        Hostile("minus signs", "x = " + "-" * 100_000 + "1", "recursion", nested),
        Hostile("attributes", "x = 1\nx" + ".a" * 20_000, "recursion", nested),
        Hostile("lambdas", "x = " + "lambda:" * 20_000 + "1", "recursion", nested),
        Hostile("formats", "x = 1\ny = " + "f'{" * 500 + "x" + "}'" * 500, "recursion", nested),
        Hostile("eval of brackets", "eval('(' * 100_000 + '1' + ')' * 100_000)", "recursion", nested),
        Hostile("backtracking", "import re\nre.match(r'(a*)*(a*)*\\1b', 'a' * 60)", "error", "backtracking"),
        Hostile("digits", "int('9' * 10**6)", "error", "4300 digits"),
        Hostile("arguments", "def f(*a): pass\nf(" + "1," * 2_000 + ")", "unsupported", "programs that large"),
    ]


def _output() -> list[Hostile]:
    words = "more than 100,000 characters"
    return [
        Hostile("print without end", "while True:\n    print('x' * 1000)", "output", words),
        Hostile("print without newlines", "while True:\n    print('x', end='')", "output", words),
        Hostile("print a lot", "for i in range(10**6):\n    print(i)", "output", words),
        Hostile("print at once", "print('x' * 5_000_000)", "output", words),
        Hostile(
            "print in spite of all",
            "while True:\n    try:\n        print('x' * 1000)\n    except BaseException: pass",
            "output",
            words,
        ),
        Hostile("a long error", "raise ValueError('a' * 10**6)", "error", "ValueError"),
        Hostile("a long assertion", "assert 'a' * 10**6 == 'b'", "wrong", "'aaa"),
    ]


HOSTILE = [
    *_files(), *_network(), *_processes(), *_introspection(), *_memory(), *_time(), *_depth(), *_output()
]  # fmt: skip
