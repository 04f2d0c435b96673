"""Fuzz for a while with fresh seeds: `make fuzz`, or python -m fuzz --minutes 5 [--kinds cards,maps] [--page FILE]."""

from __future__ import annotations

import argparse
import datetime
import io
import secrets
import sys
from itertools import count
from pathlib import Path

from fuzz.kinds import KINDS
from fuzz.running import FINE, FOUND, Tally, replay, run
from wepsam import markdown

ROUNDS = 3  # turns of all kinds, so that an early end has seen each


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=None, help="of the first case; by default a new one")
    parser.add_argument("--page", type=Path, help="Markdown page whose table of counts is written")
    parser.add_argument("--replay", type=Path, nargs="*", help="kept files to run again instead")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # messages repeat what was in the files
    if options.replay:
        verdicts = {path: replay(path) for path in options.replay}
        for path, verdict in verdicts.items():
            print(f"{path}: {verdict.outcome} {verdict.message}")
        return int(any(verdict.outcome not in FINE for verdict in verdicts.values()))
    seed = secrets.randbits(32) << 20 if options.seed is None else options.seed
    kinds = options.kinds.split(",")
    print(f"seed {seed}; what is found goes to {FOUND}")
    tallies = {kind: Tally() for kind in kinds}
    share = 60 * options.minutes / len(kinds) / ROUNDS
    for turn in range(ROUNDS):
        for kind in kinds:
            _add(tallies[kind], run(kind, count(seed + (turn << 16)), seconds=share))
            print(f"{kind}: {dict(tallies[kind].outcomes)}", flush=True)
    for path in sorted({path for tally in tallies.values() for path in tally.found}):
        print(f"found: {path}")
    if options.page:
        markdown.insert(options.page, "fuzz", _table(tallies, options.minutes, seed))
    return int(any(tally.found for tally in tallies.values()))


def _add(total: Tally, more: Tally) -> None:
    total.outcomes += more.outcomes
    total.found += more.found
    total.seconds, total.megabytes = max(total.seconds, more.seconds), max(total.megabytes, more.megabytes)


def _table(tallies: dict[str, Tally], minutes: float, seed: int) -> str:
    rows = [
        (
            kind, f"{tally.cases:,}", f"{tally.outcomes['answer']:,}", f"{tally.outcomes['one line']:,}",
            str(tally.cases - tally.outcomes["answer"] - tally.outcomes["one line"]), f"{tally.seconds:.2f}",
            f"{tally.megabytes:.0f}",
        )
        for kind, tally in tallies.items()
    ]  # fmt: skip
    head = ("files", "cases", "answers", "one line", "faults", "slowest, s", "most memory, MB")
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{markdown.table(head, rows)}\n\n{today}, {minutes:g} minutes, seed {seed}."


if __name__ == "__main__":
    raise SystemExit(main())
