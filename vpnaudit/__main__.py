"""`python -m vpnaudit` is `vpnaudit`."""

from vpnaudit.cli.main import main

main()
