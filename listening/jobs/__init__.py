"""What workers do for the listening tests: cut excerpts, bring the anchors, compute leaderboards."""
