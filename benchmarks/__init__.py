"""Our functions beside the peers; see README.md."""

import risk_core  # noqa: F401 - before numpy, as the server does
