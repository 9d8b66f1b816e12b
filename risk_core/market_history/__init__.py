"""Daily moves of the majors and the worst days, as data; where each figure comes from: SOURCE.md."""
