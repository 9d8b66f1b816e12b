"""The account store: what was saved, in which version, kept to the letter.

SQLite in the project's data folder by default, PostgreSQL by URL. Callers use `db.store`; they get core values and
never rows.
"""
