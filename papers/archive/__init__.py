"""What is in an archive for a paper: songs, tables, plots, words, verdicts."""
