"""Tables in the markup of wikis, forums and documents, and rows of SQL: MediaWiki, Jira, BBCode, reStructuredText's lists, `INSERT`."""

import re

_WIKI = re.compile(r"^\{\|(?P<rows>.*?)^\|\}", re.MULTILINE | re.DOTALL)
_ATTRIBUTES = re.compile(r"^[^|\[\]]*=[^|\[\]]*\|(?!\|)\s*")  # `style="..." | 0.5`
_JIRA = re.compile(r"^(?P<header>\|\|.+\|\|)[ \t]*\n(?P<rows>(?:\|(?!\|).*\|[ \t]*\n?)+)", re.MULTILINE)
_BBCODE = re.compile(r"\[(/?(?:table|tr|td|th|pre))\]", re.IGNORECASE)
_LIST_TABLE = re.compile(r"^\.\. list-table::.*\n(?P<body>(?:[ \t]+\S.*\n?|[ \t]*\n)+)", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]+(?P<first>\* )?[ \t]*- ?(?P<cell>.*)$", re.MULTILINE)
_INSERT = re.compile(
    r"\binsert\s+into\s+\S+\s*\((?P<names>[^()]{1,2000})\)\s*values\s*(?P<rows>(?:\([^()]{1,2000}\)[\s,]*)+)",
    re.IGNORECASE,
)


def tables_in_markup(text: str) -> list[str]:
    r"""Return the tables that a text holds in another markup than HTML's, rows a line and cells divided by tabs; none of other texts.

    >>> tables_in_markup("||step||val acc||\n|100|0.5|\n")
    ['step\tval acc\n100\t0.5\n']
    >>> tables_in_markup("INSERT INTO log (step, val_acc) VALUES (100, 0.5), (200, 0.6);")
    ['step\tval_acc\n100\t0.5\n200\t0.6\n']
    """
    return [*_of_wiki(text), *_of_jira(text), *_of_list_tables(text), *_of_inserts(text)]


def as_html(text: str) -> str:
    """Return a text with the tags of a forum's table as those of HTML; others as they are.

    >>> as_html("[tr][td]100[/td][/tr]")
    '<tr><td>100</td></tr>'
    """
    return _BBCODE.sub(r"<\1>", text) if re.search(r"\[tr\]", text, re.IGNORECASE) else text


def _text(rows: list[list[str]]) -> str:
    return "".join("\t".join(cell.strip() for cell in row) + "\n" for row in rows if any(row))


def _of_wiki(text: str) -> list[str]:
    tables = []
    for table in _WIKI.finditer(text) if text.lstrip().startswith("{|") or "\n{|" in text else ():
        rows = []
        for row in re.split(r"^\|-.*$", table["rows"], flags=re.MULTILINE):
            lines = [line for line in row.splitlines() if line[:1] in ("|", "!") and line[:2] != "|+"]
            cells = [cell for line in lines for cell in re.split(r"\|\||!!", line[1:])]
            rows.append([_ATTRIBUTES.sub("", cell) for cell in cells])
        tables.append(_text(rows))
    return tables


def _of_jira(text: str) -> list[str]:
    tables = []
    for table in _JIRA.finditer(text) if "||" in text else ():
        rows = [line.strip().strip("|").split("|") for line in table["rows"].splitlines()]
        tables.append(_text([table["header"].strip("|").split("||"), *rows]))
    return tables


def _of_list_tables(text: str) -> list[str]:
    tables = []
    for table in _LIST_TABLE.finditer(text) if ".. list-table" in text else ():
        rows: list[list[str]] = []
        for item in _ITEM.finditer(table["body"]):
            if item["first"]:
                rows.append([])
            if rows:
                rows[-1].append(item["cell"])
        tables.append(_text(rows))
    return tables


def _of_inserts(text: str) -> list[str]:
    """Return the rows that are put into a table of SQL, where all name the same columns."""
    rows: list[list[str]] = []
    for insert in _INSERT.finditer(text) if re.search(r"insert\s+into", text[:20_000], re.IGNORECASE) else ():
        names = [name.strip(" \t\r\n\"'`[]") for name in insert["names"].split(",")]
        if rows and names != rows[0]:
            return []
        cells = [
            [cell.strip(" \t\r\n\"'") for cell in row.split(",")] for row in re.findall(r"\(([^()]*)\)", insert["rows"])
        ]
        rows += [*([] if rows else [names]), *cells]
    return [_text(rows)] if rows else []
