"""From what a router showed of one tunnel to one verdict with its reasons: pure functions over plain rows.

The method is that of a careful operator: what stands now (the status), how it came about (the events of the log in
their order), what passes through (counters). A verdict names the lines and cells it rests on and those that speak
against it; where the evidence decides nothing it says so.
"""
