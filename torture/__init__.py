"""What this site promises, put to the test harder than the test suite may take time for.

`python -m torture` runs every row and prints a table; `python -m torture 14 16` only those. A row is a file
`row_<number>_<name>.py` with a `PROMISE`, the `WANTED` figure, and `run() -> Outcome`.
"""
