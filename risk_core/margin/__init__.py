"""What each margin mode demands, and why."""
