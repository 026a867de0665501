"""That a probe cannot tell: `git fetch` has to."""


class Unsure(Exception):  # noqa: N818 - no mistake: the fetch says what there is to say
    def __init__(self, why: str) -> None:
        """`why`: one word of the notes, as `proxy`."""
        super().__init__(why)
        self.why = why
