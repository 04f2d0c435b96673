"""Speed and scale, compared with a peer or a limit in the same run."""

import os

# One thread per process: set before numpy is imported, because BLAS reads it then.
os.environ.setdefault("OMP_NUM_THREADS", "1")
