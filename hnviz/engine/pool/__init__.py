"""Engines of sweeps: workers that are given many runs at a time, on this machine or a cluster.

A worker shares only the runs' folders with the process that gives it runs. So the disk must be a
shared one if a worker is on another machine.
"""
