"""The frozen picture of one or several CloudStack sources: typed tables, what follows from them, and the snapshot on
disk.
"""

from vpnaudit.estate.estate import Estate
from vpnaudit.estate.tables import TABLES, Column, Table

__all__ = ["TABLES", "Column", "Estate", "Table"]
