"""The hours of the day in which a watch begins its passes."""

import datetime as dt

from msgspec import Struct


class Window(Struct, frozen=True):
    """A span of the local day; one that ends before it starts goes across midnight."""

    start: dt.time
    end: dt.time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def opens_in(self, now: float) -> float:
        """Seconds from `now`, seconds since the epoch, until a moment within it; 0 within."""
        moment = dt.datetime.fromtimestamp(now)  # noqa: DTZ006  the hours are those of the person's day
        time = moment.time()
        begun, over = time >= self.start, time >= self.end
        if begun and not over if self.start < self.end else begun or not over:
            return 0.0
        opens = dt.datetime.combine(moment.date(), self.start)
        if begun:
            opens += dt.timedelta(days=1)
        return max(0.0, opens.timestamp() - now)
