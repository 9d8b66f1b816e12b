"""What instruments are worth: Black-76, and what makes large arrays of it fast."""
