"""The full-screen app."""

import os

# Textual shows what a key has done in its next frame, and after a slow one leaves that out: with its 60 a second a
# key may wait for 33 ms in which nothing is done.
if "TEXTUAL_FPS" not in os.environ:
    os.environ["TEXTUAL_FPS"] = "120"
    import textual.constants  # noqa: F401  reads it once

    del os.environ["TEXTUAL_FPS"]  # it is not meant for what is started from here
