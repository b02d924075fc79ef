"""To which layer group each parameter of a hand-written network belongs: by what the user says, by name, by use, by shape.

Parameters of `nn.Linear` and its kin tell their group by their module; those that are `nn.Parameter` of somebody's own
module do not: `W_E`, `W_U`, `W1`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from torch import Tensor, nn

GROUPS = ("embedding", "attention", "hidden", "output")
Groups = Mapping[str, str | Iterable[str]]

_BEFORE, _AFTER = r"(^|[._])", r"([._\d]|$)"
_BY_NAME = {
    group: re.compile(_BEFORE + f"({words})" + _AFTER, re.IGNORECASE)
    for group, words in {
        "output": "w_?u|b_?u|unembed(ding)?|lm_head|readout|w_?vocab|classifier|w_?logits",
        "embedding": "w_?e|w_?pos|w_?p|emb|embed(ding)?s?|pos_?emb(ed)?(ding)?|tok_?emb(ed)?(ding)?|wte|wpe|vocab",
        "attention": "w_?q|w_?k|w_?v|b_?q|b_?k|b_?v|w_?qkv|qkv|q_?proj|k_?proj|v_?proj|query|key|value",
    }.items()
}
_POSITIONS = re.compile(_BEFORE + r"(w_?pos|w_?p|pos\w*|wpe)" + _AFTER, re.IGNORECASE)


def own_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that belong to modules which are not torch's, nor made from one of its."""
    own = {}
    for name, value in model.named_parameters():
        owner = model.get_submodule(name.rpartition(".")[0])
        lists = nn.ParameterList | nn.ParameterDict
        of_torch = [
            c for c in type(owner).__mro__ if c.__module__.startswith("torch.nn.modules") and c is not nn.Module
        ]
        if isinstance(owner, lists) or not [c for c in of_torch if not issubclass(c, nn.Sequential | nn.ModuleList)]:
            own[name] = value
    return own


def named_groups(names: Iterable[str]) -> dict[str, str]:
    """Return the layer group of each parameter whose name tells it; the unembedding goes before the embedding.

    >>> named_groups(["embed.W_E", "blocks.0.attn.W_Q", "blocks.0.mlp.W_out", "unembed.W_U"])
    {'embed.W_E': 'embedding', 'blocks.0.attn.W_Q': 'attention', 'unembed.W_U': 'output'}
    """
    return {name: group for name in names if (group := _by_name(name)) is not None}


def _by_name(name: str) -> str | None:
    """The parameter's own word goes before those of the modules around it."""
    own = name.rpartition(".")[2]
    for text in (own, name):
        for group, words in _BY_NAME.items():
            if words.search(text):
                return group
    return None


def stated_groups(groups: Groups, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the layer group of each parameter that the user names, and what of it cannot be.

    Names are those of `named_parameters()`, the last part of one, or patterns such as `blocks.*.attn.*`.

    >>> stated_groups({"embedding": ["E"], "heads": "Q", "output": "U*"}, ["net.E", "net.Q"])[0]
    {'net.E': 'embedding'}
    """
    found: dict[str, str] = {}
    problems = []
    for group, given in groups.items():
        if group not in GROUPS:
            problems.append(f"group {group!r} is left out: expected one of {', '.join(GROUPS)}")
            continue
        for pattern in [given] if isinstance(given, str) else given:
            matching = [n for n in names if fnmatchcase(n, pattern) or n.endswith(f".{pattern}")]
            if not matching:
                known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
                problems.append(
                    f"{pattern!r} of group {group!r} is no parameter: expected a name or pattern of {known}"
                )
            found |= dict.fromkeys(matching, group)
    return found, problems


def output_by_shape(matrices: Mapping[str, Tensor], classes: int | None) -> str | None:
    """Return the last matrix that has one row or column for each class; without a number of classes there is none."""
    fitting = [name for name, value in matrices.items() if classes is not None and classes in value.shape]
    return fitting[-1] if fitting else None


def bias_of(output: str, own: Mapping[str, Tensor], classes: int | None) -> str | None:
    """Return the vector of the same module, after the output matrix, that has a value for each class."""
    names = list(own)
    later = names[names.index(output) + 1 :]
    fitting = [n for n in later if module_of(n) == module_of(output) and tuple(own[n].shape) == (classes,)]
    return fitting[-1] if fitting else None


def module_of(name: str) -> str:
    """Return the module of a parameter, or the one around its list: that of `net.biases.1` is `net`."""
    return re.sub(r"\.?[^.]+(\.\d+)?$", "", name)


def symbol_table(tables: Mapping[str, Tensor], others: Iterable[Tensor]) -> Tensor | None:
    """Return the first table of symbols, not of positions, with a row for each symbol.

    Some write it as (width, symbols). The width is the size that more of the other parameters share.

    >>> import torch
    >>> w_e, w_pos, w_u = torch.zeros(32, 14), torch.zeros(3, 32), torch.zeros(32, 14)
    >>> symbol_table({"W_E": w_e, "W_pos": w_pos}, [w_pos, w_u, torch.zeros(32, 128)]).shape
    torch.Size([14, 32])
    """
    found = [v for n, v in tables.items() if v.ndim == 2 and not _POSITIONS.search(n.rpartition(".")[2])]
    if not found:
        return None
    table, sizes = found[0], [set(v.shape) for v in others]
    rows, columns = (sum(size in s for s in sizes) for size in table.shape)
    return table.T if rows > columns else table
