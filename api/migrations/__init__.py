"""How the schema came about, one file a step; run by `Database.migrate`."""
