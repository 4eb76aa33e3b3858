"""Elements with geometry, ours against web-ifc, over every file both read: ``python tests/benchmarks/ifc_element_counts.py``.

A file agrees when the same GlobalIds of the same classes are drawn; spaces and openings are left out by both. For a
file that does not, the classes that one has more of are printed, with a GlobalId of each to look at.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models import data_set, sample_towers, short_names
from readers import OURS, Ours, Peer, Reader, ReadingFailedError
from tables import say, show

YARDSTICK = "web-ifc"

Drawn = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What both readers drew of a file, as (GlobalId, IFC class in capitals) with how often."""

    ours: Drawn
    theirs: Drawn

    @property
    def agrees(self) -> bool:
        """Whether both drew the same elements."""
        return self.ours == self.theirs

    def surplus(self, *, of_ours: bool) -> list[tuple[str, int, str]]:
        """Classes of which one reader drew more: class, how many more, GlobalId of one."""
        more = self.ours - self.theirs if of_ours else self.theirs - self.ours
        classes: Counter[str] = Counter()
        for (_, kind), count in more.items():
            classes[kind] += count
        example = {kind: global_id for global_id, kind in sorted(more, reverse=True)}
        return [(kind, count, example[kind]) for kind, count in classes.most_common()]


def compare(
    paths: Sequence[Path], ours: Reader, theirs: Reader
) -> tuple[dict[Path, Compared], dict[Path, dict[str, str]]]:
    """Read each file with both.

    Returns:
        What was drawn of the files both read; of the others who refused, and why.
    """
    compared: dict[Path, Compared] = {}
    refused: dict[Path, dict[str, str]] = {}
    for path in paths:
        drawn: dict[str, Drawn] = {}
        for reader in (ours, theirs):
            try:
                listed = reader.read(path, listed=True).drawn
            except ReadingFailedError as error:
                refused.setdefault(path, {})[reader.name] = str(error).splitlines()[0]
                continue
            assert listed is not None
            drawn[reader.name] = Counter((one, kind.upper()) for one, kind in listed)
        if path not in refused:
            compared[path] = Compared(drawn[OURS], drawn[YARDSTICK])
    return compared, refused


def report(
    compared: dict[Path, Compared], refused: dict[Path, dict[str, str]], names: dict[Path, str]
) -> None:
    """Print the disagreements, who refused what, and last how many files agree."""
    differing = {path: found for path, found in compared.items() if not found.agrees}
    for path, found in differing.items():
        say(f"\n{names[path]}: ours {found.ours.total()}, {YARDSTICK} {found.theirs.total()}")
        for title, of_ours in ((f"only {OURS}", True), (f"only {YARDSTICK}", False)):
            for kind, count, example in found.surplus(of_ours=of_ours):
                say(f"  {title}: {count} {kind}, e.g. {example or '(no GlobalId)'}")
    say()
    show(
        ["read by one or none", OURS, YARDSTICK],
        [
            [names[path], *(who.get(name, "read")[:90] for name in (OURS, YARDSTICK))]
            for path, who in refused.items()
        ],
    )
    agreeing = [found for found in compared.values() if found.agrees]
    nothing = sum(1 for found in agreeing if not found.ours)
    drawn = sum(found.ours.total() for found in agreeing)
    say(
        f"\n{len(agreeing)} of {len(compared)} files that both read agree on every element drawn "
        f"({drawn:,} elements; {nothing} files draw nothing with either)"
    )


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="+", type=Path, help="instead of data set and towers")
    parser.add_argument("--json", type=Path, help="also write the differences to this file")
    asked = parser.parse_args()
    paths = asked.files or [*data_set(smallest=0), *sample_towers()]
    names = short_names(paths)
    readers = (Ours(), Peer(YARDSTICK))
    try:
        compared, refused = compare(paths, *readers)
    finally:
        for reader in readers:
            reader.close()
    report(compared, refused, names)
    if asked.json:
        _write_json(compared, refused, names, asked.json)


def _write_json(
    compared: dict[Path, Compared],
    refused: dict[Path, dict[str, str]],
    names: dict[Path, str],
    target: Path,
) -> None:
    document = {
        "compared": {
            names[path]: {
                "ours": found.ours.total(),
                YARDSTICK: found.theirs.total(),
                "only ours": sorted((found.ours - found.theirs).elements()),
                f"only {YARDSTICK}": sorted((found.theirs - found.ours).elements()),
            }
            for path, found in compared.items()
        },
        "refused": {names[path]: who for path, who in refused.items()},
    }
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
