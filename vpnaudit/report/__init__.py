"""Findings in, files out: run folders, exports, notebooks, the HTML report. It judges nothing."""
