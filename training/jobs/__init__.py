"""What workers do for the training app: take datasets in, train networks."""
