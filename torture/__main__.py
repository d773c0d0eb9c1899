"""`python -m torture [ROW …]`: run rows and print their table; exit code 1 if a promise was not kept."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import torture
from torture.table import line, measured


def main() -> int:
    """Run the rows asked for, or all."""
    names = sorted(
        found.name for found in pkgutil.iter_modules(torture.__path__) if found.name.startswith("row_")
    )
    wanted = {number.zfill(2) for number in sys.argv[1:]}
    chosen = [name for name in names if not wanted or name.split("_")[1] in wanted]
    kept = True
    print(line(("#", "promise", "wanted", "found", "seconds", "")))
    print("|---|---|---|---|---|---|")
    for name in chosen:
        row = importlib.import_module(f"torture.{name}")
        outcome, seconds = measured(row)
        kept = kept and outcome.kept
        mark = "kept" if outcome.kept else "**broken**"
        cells = (
            str(int(name.split("_")[1])),
            row.PROMISE,
            row.WANTED,
            outcome.figure,
            f"{seconds:.0f}",
            mark,
        )
        print(line(cells), flush=True)
    print(f"\nLoad while it ran: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
