"""Margin, revaluation and liquidation of crypto derivatives portfolios.

Knows nothing of databases, frames or screens. Start at `margin.compare.compare`.

Imported before numpy it keeps linear algebra on the calling thread, unless the environment says otherwise: the matrices
here are small, and on a busy machine threads that wait for each other take ten times as long.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
