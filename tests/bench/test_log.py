"""The log does not grow sluggish: what a line costs is the same when a hundred times as many stand there."""

import gc
import time
from collections.abc import Callable

from textual.app import App, ComposeResult

from widgets.log_pane import LogLine, LogPane
from widgets.tone import Tone

FEW, MANY = 1_000, 100_000
NOISE = 4.0
"""Nothing here is to grow with the number of lines; what does, does so a hundredfold."""


def line(number: int) -> LogLine:
    name = f"group/repo-{number}"
    cells = ("12:00:01", name, "up to date", "fetched nothing new", "1.2 s")
    return LogLine(name, Tone.UP_TO_DATE, cells, interesting=number % 10 == 0)


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield LogPane()


def took(action: Callable[[], object]) -> float:
    """Seconds of the processor, the best of three."""
    spans = []
    for _ in range(3):
        began = time.process_time()
        action()
        spans.append(time.process_time() - began)
    return min(spans)


async def costs(lines: int) -> dict[str, float]:
    """Seconds for a line that stands there, or that comes."""
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        log = app.query_one(LogPane)
        log.append([line(number) for number in range(lines)])
        await pilot.pause()
        gc.collect()
        more = [[line(lines + number) for number in range(start, start + 10)] for start in range(0, 300, 10)]

        def append() -> None:
            for batch in more:
                log.append(batch)

        def toggle() -> None:
            log.only_interesting = True
            log.only_interesting = False

        def draw() -> None:
            for y in range(log.size.height):
                log.render_line(y)

        def step() -> None:
            for _ in range(20):
                log.find_previous()

        return {
            "a line that is added": took(append) / 300,
            "the changed only, of each line": took(toggle) / lines,
            "a search, of each line": took(lambda: log.search("repo-99")) / lines,
            "a step of the search": took(step) / 20,
            "a screen": took(draw),
        }


async def test_a_line_costs_the_same_among_100_000() -> None:
    few, many = await costs(FEW), await costs(MANY)
    growth = {what: round(many[what] / few[what], 1) for what in few}
    print({what: f"{few[what] * 1e6:.2f} us -> {many[what] * 1e6:.2f} us" for what in few})  # noqa: T201  shown by -s
    assert {what: times for what, times in growth.items() if times > NOISE} == {}
