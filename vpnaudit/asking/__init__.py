"""Questions of a person over an estate, one at a time; no table and no rule rests on an answer."""
