"""What can go wrong with stored forecasters. Bad histories raise `training_runs.InvalidInput`."""


class ForecasterNotFound(LookupError):
    """No stored forecaster has this version."""

    def __init__(self, *, version: str, known: list[str]) -> None:
        super().__init__(version, known)
        self.version, self.known = version, known

    def __str__(self) -> str:
        return f"no forecaster {self.version!r}; known are {', '.join(self.known)}"


class DamagedForecaster(ValueError):
    """A stored forecaster cannot be used: a file is missing, altered, or of another format."""

    def __init__(self, *, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        return f"forecaster {self.path}: {self.problem}; activate another or install again"
