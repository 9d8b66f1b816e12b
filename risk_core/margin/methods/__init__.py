"""How a pool is charged as one: scenarios, history, sensitivities, strategies. Each method gives one Demand."""
