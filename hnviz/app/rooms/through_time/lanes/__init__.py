"""Three mini-batches unrolled: where the state goes, and how far back a loss reaches."""
