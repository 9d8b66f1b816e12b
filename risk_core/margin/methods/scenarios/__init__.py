"""Portfolio margin by scenario rows as data: rows, shocks, profits, transforms, aggregate, add-ons, demand."""
