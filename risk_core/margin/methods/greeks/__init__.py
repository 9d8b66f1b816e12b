"""Charges by Greeks: the preview of a scenario scan with its error, and the charge on delta with a floor."""
