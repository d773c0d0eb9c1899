"""Real supervisors of real processes: what the kernel says of them afterwards counts."""

import os
import signal

from musicgen_site.supervision.processes import end_marked
from tests.musicgen_site.supervision.rehearsal import MARK_NAME

WAIT = "import os, time; print('here', os.getpid()); time.sleep(600)"
IGNORE_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAIT
SAY_GOODBYE = (
    "import signal, sys, time\n"
    "def leave(*_):\n    print('goodbye'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, leave)\n"
    "print('here'); time.sleep(600)"
)
# Like a job: a child in a session of its own, which its group's signals do not reach.
JOB = "import os, time; print('job', os.getpid()); time.sleep(600)"
WITH_JOB = (
    "import os, subprocess, sys, time\n"
    f"subprocess.Popen([sys.executable, '-c', {JOB!r}], start_new_session=True)\n"
    "print('here', os.getpid()); time.sleep(600)"
)


def test_it_prefixes_every_line_of_every_part(rehearse):
    both_streams = "import sys, time; print('one\\ntwo'); print('three', file=sys.stderr); time.sleep(600)"
    run = rehearse({"name": "web", "command": both_streams}, {"name": "reap", "command": WAIT})
    run.wait_for("three")
    run.wait_for("here")
    run.stop()
    assert {"web   | one", "web   | two", "web   | three"} <= set(run.lines)
    assert any(line.startswith("reap  | here") for line in run.lines)


def test_it_passes_on_a_last_line_without_an_end(rehearse):
    run = rehearse({"name": "web", "command": "import sys; sys.stdout.write('cut')", "once": True})
    assert run.wait_for("cut") == "web   | cut"
    assert run.stop() == 0


def test_it_restarts_what_dies_after_growing_pauses_and_says_so(rehearse):
    run = rehearse({"name": "web", "command": "raise SystemExit(3)"})
    run.wait_for("started again", times=5)
    run.stop()
    said = [line for line in run.lines if "started again" in line]
    assert all("web ended with exit code 3" in line for line in said)
    assert [line.split(" in ")[1] for line in said[:5]] == ["0.05 s", "0.1 s", "0.2 s", "0.2 s", "0.2 s"]


def test_it_forgets_the_deaths_of_a_part_that_was_healthy(rehearse):
    back_off = {"first_seconds": 0.05, "longest_seconds": 9.0, "healthy_seconds": 0.0}
    run = rehearse({"name": "web", "command": "raise SystemExit(3)"}, back_off=back_off)
    run.wait_for("started again in 0.05 s", times=4)
    assert not [line for line in run.lines if "started again" in line and "0.05 s" not in line]


def test_it_names_the_signal_that_ended_a_part_and_starts_a_new_process(rehearse):
    run = rehearse({"name": "web", "command": WAIT})
    first = run.number_after("here ")
    os.kill(first, signal.SIGKILL)
    run.wait_for("web was ended by SIGKILL")
    assert run.number_after("here ", times=2) != first


def test_it_lets_a_part_that_runs_once_rest_after_success(rehearse):
    run = rehearse(
        {"name": "demo", "command": "print('done')", "once": True}, {"name": "web", "command": WAIT}
    )
    run.wait_for("done")
    run.wait_for("here")
    run.stop()
    assert sum("demo" in line for line in run.lines) == 1


def test_it_starts_a_part_that_runs_once_again_after_a_failure(rehearse):
    run = rehearse({"name": "demo", "command": "raise SystemExit(1)", "once": True})
    run.wait_for("demo ended with exit code 1", times=2)


def test_it_stops_higher_stages_before_lower_ones(rehearse):
    parts = [
        {"name": name, "command": SAY_GOODBYE, "stage": stage} for name, stage in [("redis", 0), ("web", 1)]
    ]
    run = rehearse(*parts)
    run.wait_for("here", times=2)
    assert run.stop() == 0
    assert [line for line in run.lines if "goodbye" in line] == ["web   | goodbye", "redis | goodbye"]
    assert run.alive() == set()


def test_it_kills_a_part_that_does_not_stop(rehearse):
    run = rehearse({"name": "web", "command": IGNORE_SIGTERM, "stop_seconds": 0.2})
    run.wait_for("here")
    assert run.stop() == 0
    assert any("web did not stop within 0.2 s" in line for line in run.lines)
    assert run.alive() == set()


def test_it_kills_everything_at_once_when_asked_twice(rehearse):
    run = rehearse({"name": "web", "command": IGNORE_SIGTERM, "stop_seconds": 600.0})
    run.wait_for("here")
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 0
    assert run.alive() == set()


def test_it_takes_along_jobs_in_sessions_of_their_own(rehearse):
    run = rehearse({"name": "train", "command": WITH_JOB})
    job = run.number_after("job ")
    assert job in run.alive()
    run.stop()
    assert run.alive() == set()


def test_it_ends_an_orphaned_job_before_its_part_starts_again(rehearse):
    stubborn = WITH_JOB.replace(
        "import os, time;", "import os, time, signal; signal.signal(15, signal.SIG_IGN);"
    )
    run = rehearse({"name": "train", "command": stubborn}, orphan_seconds=0.5)
    part = run.number_after("here ")
    job = run.number_after("job ")
    os.kill(part, signal.SIGKILL)
    run.number_after("here ", times=2)
    assert job not in run.alive()
    assert any(f"ending process {job}, left behind" in line for line in run.lines)


def test_it_ends_a_job_that_is_orphaned_while_its_part_lives_on(rehearse):
    between = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WAIT!r}])"
    command = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {between!r}]); {WAIT}"
    run = rehearse({"name": "train", "command": command})
    job = int(run.wait_for("left behind").split("ending process ")[1].split(",")[0])
    run.wait_until_gone([job])
    assert run.alive()


def test_it_leaves_nothing_when_the_supervisor_is_killed(rehearse):
    run = rehearse({"name": "train", "command": WITH_JOB}, {"name": "web", "command": WAIT})
    supervisor = run.number_after("supervisor ")
    run.wait_for("here", times=2)
    run.wait_for("job ")
    os.kill(supervisor, signal.SIGKILL)
    assert run.end() == 128 + signal.SIGKILL
    assert run.alive() == set()


def test_it_leaves_nothing_when_the_keeper_is_killed(rehearse):
    run = rehearse({"name": "train", "command": WITH_JOB}, {"name": "web", "command": WAIT})
    run.wait_for("here", times=2)
    run.wait_for("job ")
    run.process.kill()
    run.wait_until_gone()


def test_it_loses_its_parts_and_finds_leftovers_by_their_mark_when_both_are_killed(rehearse):
    run = rehearse({"name": "train", "command": WITH_JOB})
    supervisor = run.number_after("supervisor ")
    part = run.number_after("here ")
    job = run.number_after("job ")
    os.kill(run.process.pid, signal.SIGSTOP)  # so that neither can see to the other's death
    os.kill(supervisor, signal.SIGKILL)
    run.process.kill()
    run.wait_until_gone([part])
    assert run.alive() == {job}
    assert end_marked(MARK_NAME, run.mark, seconds=5.0) == 1
    assert run.alive() == set()


def test_it_stops_when_its_terminal_is_closed(rehearse):
    run = rehearse({"name": "web", "command": WAIT})
    run.wait_for("here")
    run.process.send_signal(signal.SIGHUP)
    assert run.end() == 0
    assert run.alive() == set()


def test_it_says_what_cannot_be_run(rehearse):
    run = rehearse({"name": "web", "command": "import os; os.execvp('/nowhere/program', ['program'])"})
    run.wait_for("No such file or directory")
