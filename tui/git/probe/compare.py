"""Whether a fetch would bring anything, and what it writes down when it does not."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from tui.git.probe.rules import Spec, Wanted
from tui.git.probe.unsure import Unsure
from tui.git.probe.wire import Heard
from tui.git.remote import map_ref

_TAGS = "refs/tags/"
_KINDS = {"refs/heads/": "branch ", _TAGS: "tag ", "refs/remotes/": "remote-tracking branch "}


class Kept(Struct, frozen=True):
    """A ref of the remote, and the one that keeps it here."""

    there: str
    here: str
    commit: str


def kept(specs: Iterable[Spec], heard: Heard) -> tuple[Kept, ...] | None:
    """In git's order; None: one that is asked for by its name is not there.

    Raises Unsure where two go to one ref, or one to two, of which git calls the first alone for a merge.
    """
    found: dict[str, Kept] = {}
    for spec in specs:
        pairs = list(_pairs(spec, heard))
        if not pairs and not spec.is_pattern:
            return None
        for one in pairs:
            if found.setdefault(one.here, one) != one:
                raise Unsure("refspec")
    if len({one.there for one in found.values()}) != len(found):
        raise Unsure("refspec")
    return tuple(found.values())


def _pairs(spec: Spec, heard: Heard) -> Iterator[Kept]:
    if not spec.is_pattern:
        if spec.there in heard.ids:
            yield Kept(spec.there, spec.here, heard.ids[spec.there])
        return
    for name, commit in heard.ids.items():
        if here := map_ref(name, spec.there, spec.here):
            yield Kept(name, here, commit)


def objects_of_tags(heard: Heard, ids: dict[str, str]) -> set[str]:
    """The objects of the remote's tags that are not here. Where any of them is, a fetch brings that tag.

    `ids`: the refs that are here.
    """
    names = [name for name in heard.ids if name.startswith(_TAGS) and name not in ids]
    return {heard.ids[name] for name in names} | {
        heard.peeled[name] for name in names if name in heard.peeled
    }


def fetch_head(refs: Iterable[Kept], wanted: Wanted, url: str) -> str:
    """What git writes into the file of that name."""
    refs = list(refs)
    if wanted.merges is not None:
        merged = {one.there for one in refs if one.there in wanted.merges}
    else:
        merged = set() if wanted.specs[0].is_pattern else {wanted.specs[0].there}
    place = url.rstrip("/").removesuffix(".git")
    first = [f"{one.commit}\t\t{_told(one.there)}{place}\n" for one in refs if one.there in merged]
    return "".join(
        [
            *first,
            *(
                f"{one.commit}\tnot-for-merge\t{_told(one.there)}{place}\n"
                for one in refs
                if one.there not in merged
            ),
        ]
    )


def _told(name: str) -> str:
    for folder, kind in _KINDS.items():
        if name.startswith(folder):
            return f"{kind}'{name.removeprefix(folder)}' of "
    return f"'{name}' of "
