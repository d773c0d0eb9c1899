"""`python -m musicgen`: the music core on the command line."""

import sys

from musicgen.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
