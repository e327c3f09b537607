"""Every pair of text and ground that the window draws, in all three themes; and the lines of the high contrast one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from widgets.stage.aside import aside_colour
from widgets.theme import CONTRAST, DARK, LIGHT, Theme, blend, contrast_ratio, ink_on, readable, viridis
from widgets.theme_colours import answer_shades, probability_marks
from widgets.track_picture import PHASE_WORDS, phase_colour

ALL = pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
INKS = ("text", "muted", "accent", "good", "bad", "warn")
GROUNDS = ("background", "surface", "raised")

Pair = tuple[str, str, str]


def tokens(theme: Theme) -> Iterator[Pair]:
    """Inks on plain grounds, and on the states of controls."""
    for ink in INKS:
        for ground in GROUNDS:
            yield f"{ink} on {ground}", getattr(theme, ink), getattr(theme, ground)
    for ground in ("hover", "pressed", "accent_soft", "bad_tint"):
        yield f"text on {ground}", theme.text, getattr(theme, ground)
    yield "muted on accent_soft", theme.muted, theme.accent_soft
    yield "accent on accent_soft", readable(theme.accent, theme.accent_soft), theme.accent_soft
    yield "muted on bad_tint", theme.muted, theme.bad_tint
    for ground in ("accent", "accent_hover"):
        yield f"on_accent on {ground}", theme.on_accent, getattr(theme, ground)


def banners(theme: Theme) -> Iterator[Pair]:
    for tone in ("bad", "warn", "accent"):
        for ink in ("text", "muted"):
            yield f"{ink} on a {tone} banner", getattr(theme, ink), blend(getattr(theme, tone), theme.surface, 0.08)


def chips(theme: Theme) -> Iterator[Pair]:
    for i in range(8):
        shades = answer_shades(i, theme.surface)
        yield f"answer {i} on its chip", shades.text, shades.tint


def badges(theme: Theme) -> Iterator[Pair]:
    for tone in ("good", "accent", "warn"):
        tint = blend(getattr(theme, tone), theme.background, 0.14)
        yield f"{tone} badge", readable(getattr(theme, tone), tint), tint


def tree_numbers(theme: Theme) -> Iterator[Pair]:
    for percent in range(101):
        fill = viridis(percent / 100)
        yield f"number on value {percent} %", ink_on(fill), fill
        pruned = blend(fill, theme.background, 0.3)
        yield f"number on pruned value {percent} %", ink_on(pruned), pruned


def streamed_text(theme: Theme) -> Iterator[Pair]:
    for step, mark in enumerate(probability_marks(theme.surface)):
        yield f"token of step {step}", theme.text, mark.background or theme.surface


def lanes_set_aside(theme: Theme) -> Iterator[Pair]:
    """What a what-if does without, as it is drawn over the lane."""
    for ink in INKS:
        yield f"{ink} set aside", *(aside_colour(theme, colour) for colour in (getattr(theme, ink), theme.surface))
    for name, ink, ground in (*chips(theme), *streamed_text(theme)):
        yield f"{name}, set aside", aside_colour(theme, ink), aside_colour(theme, ground)


def all_pairs(theme: Theme) -> list[Pair]:
    makers = (tokens, banners, chips, badges, tree_numbers, streamed_text, lanes_set_aside)
    return [pair for make in makers for pair in make(theme)]


@ALL
def test_all_text_can_be_read_on_its_ground(theme: Theme) -> None:
    pale = {name: round(contrast_ratio(ink, ground), 2) for name, ink, ground in all_pairs(theme)}
    assert {name: ratio for name, ratio in pale.items() if ratio < 4.5} == {}


def test_in_high_contrast_text_and_what_is_muted_reach_seven_to_one() -> None:
    named = [pair for pair in all_pairs(CONTRAST) if pair[0].startswith(("text ", "muted ", "on_accent "))]
    assert len(named) > 15
    assert {name: ground for name, ink, ground in named if contrast_ratio(ink, ground) < 7} == {}


def test_in_high_contrast_lines_and_rings_stand_out() -> None:
    for ground in GROUNDS:
        for line in ("line", "edge", "handle", "accent", "text"):
            assert contrast_ratio(getattr(CONTRAST, line), getattr(CONTRAST, ground)) >= 3, (line, ground)
    # A focused primary button turns from the accent to black, with a ring in the accent.
    assert contrast_ratio(CONTRAST.accent, CONTRAST.background) >= 3
    for phase in PHASE_WORDS:
        assert contrast_ratio(phase_colour(CONTRAST, phase), CONTRAST.surface) >= 3


@ALL
def test_the_contrast_of_disabled_text_is_known(theme: Theme, record_property) -> None:
    """The standard leaves disabled text out; it is reported, and must still be there to be seen."""
    ratio = contrast_ratio(theme.disabled, theme.surface)
    record_property(f"disabled text, {theme.name}", round(ratio, 2))
    assert ratio >= 2
