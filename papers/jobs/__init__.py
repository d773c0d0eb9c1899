"""What workers do for papers: put the archives together."""
