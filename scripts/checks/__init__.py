"""The house rules of this repository, one module per topic; scripts/check runs them."""
