"""A keeper and a supervisor of small real parts, run by the tests as a program of its own.

`python -m tests.musicgen_site.supervision.rehearsal PLAN`, with PLAN as JSON: mark, parts, back_off,
orphan_seconds.
"""

import json
import os
import sys

from musicgen_site.supervision.keeper import keep
from musicgen_site.supervision.output import PrefixedOutput
from musicgen_site.supervision.parts import BackOff, Part
from musicgen_site.supervision.supervisor import Supervisor

MARK_NAME = "MUSICGEN_REHEARSAL"


def work(plan: dict) -> int:
    output = PrefixedOutput(sys.stdout, width=5, colour=False)
    parts = [Part(**{**part, "command": (sys.executable, "-c", part["command"])}) for part in plan["parts"]]
    with Supervisor(
        output,
        mark=(MARK_NAME, plan["mark"]),
        back_off=BackOff(**plan["back_off"]),
        orphan_seconds=plan["orphan_seconds"],
    ) as supervisor:
        supervisor.say(f"supervisor {os.getpid()}")
        supervisor.start(parts)
        supervisor.run()
    return 0


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    sys.exit(keep(lambda: work(given)))
