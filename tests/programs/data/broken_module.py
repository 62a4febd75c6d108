"""A module that does not compile."""

value = (1,
         2
other = [3
