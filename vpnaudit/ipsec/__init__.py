"""Domain sums of IPsec, pure: what two ends of a tunnel will negotiate, when they will rekey, how large their packets
are.

Start with `RouterSide` and `PeerSide` (`sides`) and `negotiate` (`negotiate`); below them `policy` (CloudStack's
grammar), `proposals` (strongSwan's algebra), `router` (what the virtual router writes), `selectors`, `lifetimes` and
`overhead`. Nothing here reads a table, a clock or the network, and no key ever comes here but in
`router.effective_psk`.
"""
