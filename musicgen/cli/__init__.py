"""The command line, `python -m musicgen`: one module a command.

A command module has `add_arguments(parser)` and `run(arguments) -> exit code`, and loads
what is slow only inside `run`. Errors that a user can cause are raised as they are;
`program.main` turns them into one line.
"""
