"""What the pages are made of: state, caches, controls, figures, words and style."""
