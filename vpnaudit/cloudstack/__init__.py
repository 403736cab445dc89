"""The only room that speaks to a CloudStack management server: it can send list calls and nothing else."""
