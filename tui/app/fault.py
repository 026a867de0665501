"""A fault of our own, told in one line."""

import traceback

from tui.git.clean import clean_text

_OURS = frozenset({"tui", "widgets"})
_LONGEST = 300


def fault_line(error: BaseException) -> str:
    """What it is and where in our code; nothing of what the variables hold."""
    places = [
        f"{module}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (module := str(frame.f_globals.get("__name__", ""))).partition(".")[0] in _OURS
    ]
    what = clean_text(traceback.format_exception_only(error)[-1])[:_LONGEST]
    return f"synctui: ended by a fault of its own{f' in {places[-1]}' if places else ''}: {what}; please report it"
