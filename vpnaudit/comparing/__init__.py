"""What several rules have in common: about both ends of a tunnel, about the proposals of a gateway."""
