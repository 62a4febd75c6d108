# everywhere: yes
"""A database file, transactions, functions in Python, blobs, backup."""

import os
import sqlite3

with sqlite3.connect("data.sqlite") as database:
    database.execute("create table item (id integer primary key, name text, price real, raw blob)")
    database.executemany("insert into item (name, price, raw) values (?, ?, ?)",
                         [(f"item {n}", n * 1.5, bytes([n])) for n in range(100)])
database.close()
database = sqlite3.connect("data.sqlite", detect_types=sqlite3.PARSE_DECLTYPES)
database.create_function("reverse", 1, lambda text: text[::-1])


class Median:
    def __init__(self):
        self.values = []

    def step(self, value):
        self.values.append(value)

    def finalize(self):
        return sorted(self.values)[len(self.values) // 2]


database.create_aggregate("median", 1, Median)
print(database.execute("select count(*), sum(price), median(price) from item").fetchone())
print(database.execute("select reverse(name), raw from item where id in (3, 30) order by id").fetchall())
try:
    with database:
        database.execute("delete from item")
        database.execute("insert into item (id) values (1), (1)")
except sqlite3.IntegrityError as error:
    print(error, database.execute("select count(*) from item").fetchone())
database.row_factory = sqlite3.Row
row = database.execute("select * from item limit 1").fetchone()
print(row.keys(), tuple(row), sqlite3.threadsafety)
copy = sqlite3.connect(":memory:")
database.backup(copy)
print(len(list(copy.iterdump())), copy.execute("pragma integrity_check").fetchone())
copy.close()
database.close()
os.remove("data.sqlite")
