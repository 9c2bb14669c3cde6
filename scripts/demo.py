"""A day's work with a leak in it: reads orders into SQLite, asks it questions through its C interface, and forgets to
finalize every third statement."""
import ctypes
import json
import sqlite3

ORDERS = 4000
QUESTIONS = 1500


def make_orders():
    return json.dumps([{"id": i, "who": "customer %d" % (i % 97), "cents": i * 37 % 10007} for i in range(ORDERS)])


def summarize(orders):
    base = sqlite3.connect(":memory:")
    base.execute("create table orders (id integer primary key, who text, cents integer)")
    base.executemany("insert into orders values (:id, :who, :cents)", json.loads(orders))
    rows = base.execute("select who, count(*), sum(cents) from orders group by who order by 3 desc").fetchall()
    base.close()
    return rows


def ask(library, base, number):
    statement = ctypes.c_void_p()
    question = b"select %d, avg(x) from (select 1 as x union select %d)" % (number, number)
    library.sqlite3_prepare_v2(base, question, -1, ctypes.byref(statement), None)
    library.sqlite3_step(statement)
    if number % 3 != 0:
        library.sqlite3_finalize(statement)  # every third is forgotten


def main():
    library = ctypes.CDLL("libsqlite3.so.0")
    library.sqlite3_prepare_v2.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    library.sqlite3_step.argtypes = library.sqlite3_finalize.argtypes = [ctypes.c_void_p]
    base = ctypes.c_void_p()
    library.sqlite3_open(b":memory:", ctypes.byref(base))
    best = summarize(make_orders())[0]
    for number in range(QUESTIONS):
        ask(library, base, number)
    print("%s ordered most: %d orders, %d cents" % best)


main()
