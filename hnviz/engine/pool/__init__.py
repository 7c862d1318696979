"""Engines of sweeps: workers that take many runs at a time, on this machine or a cluster.

A worker shares only the runs' folders with the process that hands out the runs. So workers on other
machines need a shared disk.
"""
