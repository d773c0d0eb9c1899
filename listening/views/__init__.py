"""Where listeners say what they think."""
