"""The PostgreSQL store: one record for any number of proxies (R30, R40).

`address` says where it is, `connection` how it is spoken to, `failures` what went wrong. `schema` has the tables, `views` their
public face, `text` the form of bytes in them. `writing` puts a batch in, `jars` and `sessions` its states, `chunks` and `retention`
what is kept how long, `commands` what the command line asks. `questions` and `inventory` read; `reader` and `store` are the two
protocols. Needs psycopg 3, and is imported only when a store of this kind is opened.
"""
