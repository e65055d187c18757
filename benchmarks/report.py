"""The table that a run ends with."""


def percentile(values, share):
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 100) - 1))]


def median(values):
    return percentile(values, 50)


def row(what, ours, floor=None, ratio=None, target="", digits=2):
    """`ratio` is ours over the floor unless it is given."""
    if ratio is None and floor:
        ratio = ours / floor
    return {"what": what, "ours": round(ours, digits), "floor": None if floor is None else round(floor, digits),
            "ratio": None if ratio is None else round(ratio, 2), "target": target}


def table(rows):
    heads = ("", "ours", "floor", "ratio", "target")
    lines = [heads] + [
        (row["what"], *("" if row[name] is None else f"{row[name]:g}" for name in ("ours", "floor", "ratio")), row["target"])
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    def text(line):
        first, *figures, last = (
            cell.ljust(width) if column in (0, 4) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths)))
        return "  ".join([first, *figures, last]).rstrip()
    return "\n".join([text(lines[0]), "-" * (sum(widths) + 8), *map(text, lines[1:])])
