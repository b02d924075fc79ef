"""Tables in Markdown."""

from predictor.report.table import Table


def markdown_table(table: Table) -> str:
    """Return a table without its title and its note."""
    header = [column.title for column in table.columns]
    rows = [[str(text) for text in row] for row in table.texts()]
    return "\n".join(_line(cells) for cells in (header, ["---"] * len(header), *rows))


def markdown_section(table: Table, level: int = 2) -> str:
    """Return a table under its title, a heading of some level, and over its note."""
    parts = [f"{'#' * level} {table.title}", markdown_table(table), table.note]
    return "\n\n".join(part for part in parts if part)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def between(page: str, text: str, begin: str, end: str) -> str:
    """Return a page with a text between two marks of it."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{text}\n{end}{after}"
