"""Exact answers about VPC network ACLs: which packets pass, which rule decides, what the router runs instead of what is
written.

Pure sums over integers: nothing here reads a file, a table or the network. Start with `AclList.from_listing` (`rules`),
then `reach` and `can` (`reach`), `analyse` (`analysis`) and `rewrite` (`rewrite`); `packets` is the set algebra below
them.
"""
