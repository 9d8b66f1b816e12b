"""One short script per page; what they share lives in `pages.ui`."""
