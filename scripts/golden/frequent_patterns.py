"""Frequent patterns and rules with one item as their consequence, by mlxtend's FP-growth.

    python scripts/golden/frequent_patterns.py    writes Tests/Fixtures/frequent-patterns.json
"""

import numpy
import pandas
from mlxtend.frequent_patterns import association_rules, fpgrowth

from parity_shared import uniform, write

entries = []
for name, count, items, share, support, confidence in [
        ("few", 12, 4, 0.5, 0.25, 0.5), ("clouds", 60, 4, 0.3, 0.05, 0.3),
        ("many", 80, 9, 0.55, 0.2, 0.6), ("rare", 40, 12, 0.1, 0.05, 0.1)]:
    table = uniform(f"patterns/{name}", count, items) < 2 * share - 1
    # Item 1 mostly follows item 0, so that there are rules worth the name.
    table[:, 1] |= table[:, 0] & (uniform(f"patterns/{name}/rule", count) < 0.6)
    frame = pandas.DataFrame(table)
    frequent = fpgrowth(frame, min_support=support)
    patterns = [
        {"items": sorted(int(i) for i in row.itemsets), "count": round(row.support * count)}
        for row in frequent.itertuples()]
    rules = []
    found = association_rules(frequent, metric="confidence", min_threshold=confidence)
    for row in found.itertuples():
        if len(row.consequents) == 1:
            rules.append({
                "condition": sorted(int(i) for i in row.antecedents),
                "consequence": int(next(iter(row.consequents))),
                "support": float(row.support), "confidence": float(row.confidence),
                "lift": float(row.lift)})
    entries.append({
        "name": name, "support": support, "confidence": confidence,
        "sets": [numpy.flatnonzero(row).tolist() for row in table],
        "patterns": patterns, "rules": rules})
    print(name, len(patterns), "patterns", len(rules), "rules")

write("frequent-patterns", entries)
