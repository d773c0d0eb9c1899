"""Run a command so that the kernel kills it when the process that started it dies.

Called by path (`python -I -S leash.py PARENT_PID NICENESS COMMAND…`), it puts the leash on itself and then
becomes the command. This is done here and not in a `preexec_fn`, which may deadlock between fork and exec.
Imports nothing of the project: it must start in milliseconds.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Leash this process to PARENT_PID, lower its priority and replace it with COMMAND."""
    parent_pid, niceness, *command = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent_pid):
        sys.exit(1)  # the parent died before the leash was on: nobody waits for this process
    os.nice(int(niceness))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    try:
        os.execvp(command[0], command)  # noqa: S606 the argument list comes from Part.command
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
