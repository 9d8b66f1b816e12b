"""What underlyings relieve each other of: groups looked at row by row together, and credits for opposite deltas."""
