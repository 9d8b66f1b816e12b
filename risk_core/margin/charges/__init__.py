"""How a requirement is charged: by tier, or by scenario scan."""
