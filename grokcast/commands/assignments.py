"""Options of the form NAME=VALUE."""


def assignments(texts: list[str], flag: str = "--set", expected: str = "FIELD=VALUE") -> dict[str, str]:
    """Read NAME=VALUE options."""
    from training_runs.errors import InvalidInput

    pairs = [text.rpartition("=") for text in texts]
    for text, (_, equals, _) in zip(texts, pairs, strict=True):
        if not equals:
            raise InvalidInput(field=flag, value=text, expected=expected)
    return {name: value for name, _, value in pairs}
