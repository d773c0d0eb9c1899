"""Promises about listening, each tried out on an empty site of its own, in a process of its own."""
