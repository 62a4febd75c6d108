# packages: sqlalchemy
# environment: DISABLE_SQLALCHEMY_CEXT_RUNTIME=1
"""A package with C code read a variable when it was prepared; now the variable is another."""

import sqlalchemy
from sqlalchemy.util import has_compiled_ext

print(has_compiled_ext(), sqlalchemy.select(sqlalchemy.literal(1)))
