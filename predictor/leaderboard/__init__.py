"""A leaderboard that anybody's method can enter: tasks as data, a method run apart, figures, and a status by rules.

From the top: `page` writes docs/leaderboard.md; `run` puts a method through the tasks; `checks` looks for leakage and for answers
that move; `score` and `status` judge; `isolated` asks a file in a process of its own, which is `child`, and `shipped` the shipped
forecaster; `task` says what is asked. `entries` are the baselines as such files.
"""
