"""Strategy-based margin: legs are paired into strategies so that least margin is asked."""
