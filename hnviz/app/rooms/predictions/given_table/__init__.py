"""How the share of right numbers depends on how many numbers are given."""
