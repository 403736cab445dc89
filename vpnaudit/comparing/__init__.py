"""What rules about both ends of a tunnel have in common."""
