"""Finds what is wrong in a training loop of one's own, and what is a choice. Needs torch."""

from hnviz.doctor.check import Options, check
from hnviz.doctor.report import Finding, Report

__all__ = ["Finding", "Options", "Report", "check"]
