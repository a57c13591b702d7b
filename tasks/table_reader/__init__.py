"""Reading a table: its text, columns, time and splits. No module of `unvanish.tasks` itself, since they import pandas, which only a table needs."""
