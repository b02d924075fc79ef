"""Which features have come to mean something else under the name that they had."""

# By name; every other feature is in version 1. A version is raised when a feature's values change their meaning, never when
# others are added: forecasters that were fitted on another version are then refused instead of misread.
VERSIONS: dict[str, int] = {}
