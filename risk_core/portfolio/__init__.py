"""What is held and what the market says."""
