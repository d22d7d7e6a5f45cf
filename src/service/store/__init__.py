"""The database: everything that must survive, on SQLite or PostgreSQL.

Read `tables` for what is kept, `engine` for what a transaction promises, then the module of the concern. A function
takes the connection first, runs in the caller's transaction and never commits.
"""
