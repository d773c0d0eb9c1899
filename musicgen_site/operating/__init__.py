"""What whoever runs the site wants to know: is it ready, what is it doing, what fills the disk."""
