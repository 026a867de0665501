"""The door: parse, wire the engine, import only the front end that is asked for."""

import click

from tui import __version__
from tui.cli.flags import Group
from tui.git.env import raise_file_limit, scrub_environ


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="SELECT: an id, a glob, a path, tag:NAME, host:NAME, state:STATE, behind, dirty, stale; `-` negates.",
)
@click.version_option(__version__, message="synctui %(version)s")
def main() -> None:
    """Keep many git repositories in sync: in parallel, safely, and on one screen.

    Without a command it opens the app on the plan, for the repos that SELECT names, or all:
    `synctui [--start] [-j N] [-c FILE] [SELECT]...`; `synctui app --help` lists its flags.
    """
    raise_file_limit()
    scrub_environ()
