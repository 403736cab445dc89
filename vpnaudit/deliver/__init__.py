"""Bring a finished run to people: as a mail, on a schedule. It reads the run folder and judges nothing."""
