"""The part of the style sheet that is about the main window's own controls."""

from __future__ import annotations

from widgets.theme import Theme

_SHEET = """
QLineEdit[role="value"] {{
    background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 0 3px; min-height: {small}px; font-weight: 500;
}}
QLineEdit[role="value"]:hover {{ background: {raised}; border-color: {line}; }}
QLineEdit[role="value"]:focus {{ background: {raised}; border-color: {accent}; }}
QLineEdit[role="value"]:disabled {{ background: transparent; }}
QLineEdit[role="value"][invalid="true"] {{ border-color: {bad}; background: {raised}; }}
QFrame[role="segmented"] {{ background: {raised}; border: 1px solid {line}; border-radius: 8px; }}
QPushButton[role="segment"] {{
    background: transparent; border: 1px solid transparent; border-radius: 6px; color: {muted};
    padding: 0 6px; min-height: {segment}px; font-weight: 500;
}}
QPushButton[role="segment"]:hover {{ color: {text}; background: {hover}; }}
QPushButton[role="segment"]:checked {{ background: {accent}; color: {on_accent}; font-weight: 600; }}
QPushButton[role="segment"]:disabled {{ color: {disabled}; }}
QPushButton[role="segment"][keyboardFocus="true"] {{ border: 2px solid {text}; padding: 0 5px; min-height: {inner}px; }}
QToolButton[role="fold"] {{
    background: transparent; border: none; color: {muted}; padding: 0; min-height: {small}px; font-size: {s12}px;
}}
QToolButton[role="fold"]:hover {{ color: {text}; background: transparent; }}
QToolButton[role="fold"]:checked {{ color: {text}; background: transparent; }}
QFrame[role="banner"] {{ background: {bad_tint}; border: none; border-left: 3px solid {bad}; }}
QToolBar {{ padding: 4px 12px; }}
QToolBar[role="timeline"] {{ padding: 0; border: none; border-top: 1px solid {line}; }}
QTableView::item {{ padding: 0 6px; border: none; }}
QSlider {{ min-height: {slider}px; max-height: {slider}px; }}
QTabWidget::tab-bar {{ left: 16px; }}
QPushButton[role="picker"] {{ text-align: left; font-weight: 400; }}
QFrame[role="pop"] {{ background: {surface}; border: 1px solid {line}; border-radius: 10px; }}
QPushButton[role="badge"] {{
    background: transparent; border: 1px solid transparent; padding: 0 8px; font-weight: 400;
}}
QPushButton[role="badge"]:hover {{ background: {hover}; }}
QLabel[role="state"] {{ color: {muted}; font-size: {s13}px; font-weight: 500; }}
QLabel[role="wordmark"] {{ font-size: {s15}px; font-weight: 600; padding-right: 12px; }}
"""
_CONTRAST = """
QPushButton[role="segment"][keyboardFocus="true"] {{
    border: 3px solid {accent}; padding: 0 4px; min-height: {ringed}px;
}}
QPushButton[role="segment"][keyboardFocus="true"]:checked {{ background: {background}; color: {text}; }}
QLineEdit[role="value"]:focus {{ border: 3px solid {accent}; min-height: {narrow}px; padding: 0 1px; }}
QFrame[role="banner"] {{ border: 1px solid {bad}; border-left: 5px solid {bad}; }}
"""


def window_stylesheet(theme: Theme, scale: float) -> str:
    """The rules of a theme, with type `scale` times as large; they come after all others."""
    colours = {name: getattr(theme, name) for name in theme.__dataclass_fields__ if name != "name"}
    sizes = {
        "small": 22,
        "segment": 26,
        "inner": 24,
        "ringed": 22,
        "narrow": 18,
        "slider": 16,
        "s12": 12,
        "s13": 13,
        "s15": 15,
    }
    sheet = _SHEET + (_CONTRAST if theme.is_strong else "")
    return sheet.format(
        hover=theme.hover,
        disabled=theme.disabled,
        bad_tint=theme.bad_tint,
        **colours,
        **{name: round(size * scale) for name, size in sizes.items()},
    )
