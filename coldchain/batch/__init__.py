"""Many scenarios: one run each, on the processes of this machine or of a cluster, resumable."""

from coldchain.batch.jobs import BatchJob, BatchSettings, read_jobs
from coldchain.batch.orders import JobLimits
from coldchain.batch.run import Batch, Means, Progress, check_batch_folder, run_batch, this_machine

__all__ = [
    "Batch", "BatchJob", "BatchSettings", "JobLimits", "Means", "Progress", "check_batch_folder", "read_jobs",
    "run_batch", "this_machine",
]  # fmt: skip
