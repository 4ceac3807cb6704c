"""How often 95 % bootstrap intervals of a mean cover it: why bootstrapInterval is as it is.

Run as: python3 scripts/golden/metrics_intervals.py (about a minute; numpy 2.4.6, scipy 1.17.1).

Coverage in percent over 10 000 trials of 2000 resamples (standard error at most 0.4), for 8 and 20
values:

              percentile     BCa          expanded     expanded BCa  studentised
              8     20       8     20     8     20     8     20      8     20
normal        88.7  92.6     88.3  92.4   94.0  94.8   93.8  94.6    94.7  94.8
exponential   84.2  90.5     86.1  91.7   90.1  92.5   91.7  93.8    93.8  94.5
half zero     82.9  91.2     79.7  88.7   87.6  93.3   85.9  91.0    85.8  91.3
heavy tails   87.7  92.3     85.0  89.6   93.6  94.5   91.6  92.1    93.4  92.8

Differences between members are mostly symmetric, often exactly zero, and heavy-tailed: there the
expanded percentile interval is the best, and it cannot break down as the studentised one does.
"""

import numpy as np
from scipy import stats

REPETITIONS, TRIALS = 2000, 10_000
random = np.random.default_rng(1)


def draw(kind, n):
    if kind == "normal":
        return random.normal(0.02, 0.05, n), 0.02
    if kind == "exponential":
        return random.exponential(0.05, n), 0.05
    if kind == "half zero":
        return np.where(random.random(n) < 0.5, 0, random.normal(0.03, 0.1, n)), 0.015
    return random.standard_t(3, n) * 0.05, 0.0


def intervals(x):
    n = len(x)
    resampled = x[random.integers(0, n, (REPETITIONS, n))]
    means, mean = np.sort(resampled.mean(1)), x.mean()
    below = ((means < mean).sum() + (means <= mean).sum()) / (2 * REPETITIONS)
    bias = stats.norm.ppf(np.clip(below, 0.5 / REPETITIONS, 1 - 0.5 / REPETITIONS))
    influence = (x - mean) / (n - 1)
    spread = (influence**2).sum() ** 1.5
    skew = (influence**3).sum() / 6 / spread if spread > 0 else 0
    plain = stats.norm.ppf(0.025)
    wide = np.sqrt(n / (n - 1)) * stats.t.ppf(0.025, n - 1)

    def levels(z):
        shifted = [(bias + q, 1 - skew * (bias + q)) for q in (z, -z)]
        return [stats.norm.cdf(bias + a / b) if b > 0 else float(a > 0) for a, b in shifted]

    yield "percentile", np.quantile(means, stats.norm.cdf([plain, -plain]))
    yield "BCa", np.quantile(means, levels(plain))
    yield "expanded", np.quantile(means, stats.norm.cdf([wide, -wide]))
    yield "expanded BCa", np.quantile(means, levels(wide))
    with np.errstate(all="ignore"):
        t = (resampled.mean(1) - mean) / (resampled.std(1, ddof=1) / np.sqrt(n))
    t = t[np.isfinite(t)]
    low, high = np.quantile(t, [0.025, 0.975]) if len(t) else (0, 0)
    error = x.std(ddof=1) / np.sqrt(n)
    yield "studentised", (mean - high * error, mean - low * error)


for kind in ("normal", "exponential", "half zero", "heavy tails"):
    for n in (8, 20):
        covered = {}
        for _ in range(TRIALS):
            x, truth = draw(kind, n)
            for name, (low, high) in intervals(x):
                covered[name] = covered.get(name, 0) + (low <= truth <= high)
        print(kind, n, *(f"{name} {100 * c / TRIALS:.1f}" for name, c in covered.items()))
