"""Where each mode liquidates."""
