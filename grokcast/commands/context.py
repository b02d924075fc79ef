"""`grokcast context`."""

from typing import Any

from grokcast.commands.json_output import AsJson


def context(json_: AsJson = False) -> None:
    """List the fields of a context, and the words for them.

    What each means, its known values, and other names that are read.

    Example: grokcast forecast HISTORY --context lr=1e-3,weight_decay=1,task=modular_addition,p=97
    """
    fields = [_field(name) for name in _names()]
    if json_:
        from grokcast.commands.json_output import print_json

        print_json({"fields": fields})
        return
    for field in fields:
        print(f"{field['name']}: {field['meaning']}")
        if field["known_values"]:
            print(f"    known values: {', '.join(field['known_values'])}")
        if field["other_names"]:
            print(f"    also: {', '.join(field['other_names'])}")


def _names() -> tuple[str, ...]:
    from training_runs.context_words.fields import FIELDS

    return FIELDS


def _field(name: str) -> dict[str, Any]:
    from training_runs.context import MEANINGS
    from training_runs.context_words.fields import SYNONYMS
    from training_runs.context_words.values import VOCABULARIES, known_values

    return {
        "name": name,
        "meaning": MEANINGS[name],
        "known_values": list(known_values(name)) if name in VOCABULARIES else [],
        "other_names": list(SYNONYMS.get(name, ())),
    }
