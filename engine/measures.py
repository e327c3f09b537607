"""Numbers with the bounds that they have by what they mean. Whatever reads a recording refuses all others.

A bound costs next to nothing where it stands in the type: msgspec looks at it while it decodes. Each leaves room for
the dust of floating point, and each refuses what is not a number.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

DUST = 1e-3  # log-probabilities are rounded to four places, and a sum of 32-bit weights is not exact
MOST_SECONDS = 1e9  # thirty years
MOST = 2**53  # what every program that reads a recording can tell from its neighbours
MOST_CANDIDATES = 2**31 - 1  # what a signal of the window carries

Clock = Annotated[float, Meta(ge=0, lt=MOST_SECONDS)]  # no replay would come to the end of a recording that says more
Seconds = Annotated[float, Meta(ge=-DUST, lt=MOST_SECONDS)]
Logprob = Annotated[float, Meta(ge=-1e9, le=DUST)]
Nats = Annotated[float, Meta(ge=-DUST, le=1e9)]
Share = Annotated[float, Meta(ge=-1e-9, le=1 + 1e-9)]
Figure = Annotated[float, Meta(ge=-1e18, le=1e18)]  # any number that is one
Count = Annotated[int, Meta(ge=0, le=MOST)]
CandidateId = Annotated[int, Meta(ge=0, le=MOST_CANDIDATES)]
