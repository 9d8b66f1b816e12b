"""The tests. A package, because py_vollib installs one of the same name that would otherwise hide it."""
