"""The app as its tests run it: the frame itself, from outside the folder that has `pages/` beside it.

A `pages/` folder beside the tested script makes AppTest skip the frame after the first run.
"""

import app

app.main()
