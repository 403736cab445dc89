"""What a virtual router says of itself: archives, folders and files of it, read into plain rows. It reads and judges
nothing; verdicts are `vpnaudit.diagnosis`.

Secrets end here: files of keys are never opened, and of the others only addresses, names, suites, times and counts go
further.
"""
