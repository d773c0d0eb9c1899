"""What workers do for the generator: compose songs, and turn them into sound."""
