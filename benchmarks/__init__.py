"""Speed and scale, with the peer and the limit in the same run."""

import os

# One core is one core: before numpy is imported, for BLAS reads it then.
os.environ.setdefault("OMP_NUM_THREADS", "1")
