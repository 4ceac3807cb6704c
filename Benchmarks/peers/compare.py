"""Measures Floe and its peers in turn on this machine and prints a section for RESULTS.md.

    python Benchmarks/peers/compare.py [--models A,B] [--sizes 4x384x384:2,...] [--tasks train,predict]
                                       [--rounds 2] [--steps 7] [--json FILE] [--peers A,B]

Every program runs alone in a process of its own; the rounds alternate between them, and a figure is
the median over the steps of all rounds.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parents[1] / ".build/release/floe"
TORCH = ["torch-eager", "torch-channels-last", "torch-compiled"]
ENGINES = ["onnxruntime", "openvino"]
SIZES = "4x384x384:2,1x256x256:8,1x64x128:32"
MODELS = "unet:32,unet:64,unet-resnet18,unet-resnet34,unet-resnet50,unetplusplus-resnet34"
# Two levels of base width 16: what is left of a step when the arithmetic is little.
SMALL = ("unet:16:2", "1x64x128:32")


def run(command):
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        lines = (process.stderr.strip() or process.stdout.strip() or "no message").splitlines()
        print(f"  failed: {' '.join(map(str, command))}: {lines[-1]}", file=sys.stderr)
        return None
    return json.loads(process.stdout.strip().splitlines()[-1] if command[0] != FLOE else process.stdout)


def measure(program, task, model, size, batch, steps):
    if program.startswith("floe"):
        command = [FLOE, "bench", task, "--model", model, "--input", size, "--batch", batch, "--steps", str(steps),
                   "--threads", str(threads()), "--json", "--quiet"]
        command += {"floe": [], "floe-exact": ["--exact"], "floe-openblas": ["--backend", "openblas"]}[program]
    else:
        command = [sys.executable, HERE / "peer.py", program, task, model, size, batch, str(steps)]
    return run(command)


def threads():
    return int(os.environ.get("FLOE_BENCH_THREADS", os.cpu_count()))


def programs(task, wanted):
    own = ["floe", "floe-exact"] + (["floe-openblas"] if task == "predict" else [])
    # Only oneDNN obeys DNNL_MAX_CPU_ISA: the engines' own kernels would not be limited.
    limited = "DNNL_MAX_CPU_ISA" in os.environ
    peers = TORCH + (ENGINES if task == "predict" and not limited else [])
    return own + [peer for peer in peers if not wanted or peer in wanted]


def case(task, model, size, batch, options):
    samples, versions, memory, rates = {}, {}, {}, {}
    for number in range(options.rounds):
        for program in programs(task, options.peers):
            result = measure(program, task, model, size, batch, options.steps)
            if result is None:
                continue
            samples.setdefault(program, []).extend(result["seconds"])
            if "peak_gflops" in result:
                rates.setdefault(program, []).append(result["gflops"] / result["peak_gflops"])
            memory[program] = max(memory.get(program, 0), result["peak_rss_bytes"])
            versions[program] = result.get("version") or result["backend"]
            print(f"  {task} {model} {size} batch {batch} round {number + 1} {program}: "
                  f"{1e3 * result['median_s']:.1f} ms, {result['peak_rss_bytes'] / 2**20:.0f} MiB", file=sys.stderr)
    return {"task": task, "model": model, "size": size, "batch": int(batch), "memory": memory, "versions": versions,
            "share_of_peak": {program: statistics.median(values) for program, values in rates.items()},
            "seconds": {program: statistics.median(values) for program, values in samples.items()}}


def cell(seconds):
    return "–" if seconds is None else f"{1e3 * seconds:.0f} ms" if seconds >= 0.1 else f"{1e3 * seconds:.1f} ms"


def table(task, cases):
    peers = TORCH + (ENGINES if task == "predict" else [])
    peers = [peer for peer in peers if any(peer in c["seconds"] for c in cases)]
    own = ["floe", "floe-exact"] + (["floe-openblas"] if task == "predict" else [])
    lines = [f"| {'training step' if task == 'train' else 'prediction'} | **best peer over Floe** | exact | "
             + " | ".join(own + peers) + " | peak memory: Floe / best peer |"]
    lines.append("|" + "---|" * (4 + len(own) + len(peers)))
    for c in cases:
        seconds = c["seconds"]
        others = [peer for peer in peers if peer in seconds]
        if "floe" not in seconds or not others:
            continue
        best = min(others, key=lambda peer: seconds[peer])

        def ratio(name):
            return f"{seconds[best] / seconds[name]:.2f}" if name in seconds else "–"
        def own_cell(name):
            share = c["share_of_peak"].get(name)
            return cell(seconds.get(name)) + (f" ({100 * share:.0f} %)" if share else "")
        lines.append(
            f"| {c['model']}, {c['size']}, batch {c['batch']} | **{ratio('floe')}** ({best}) | {ratio('floe-exact')} | "
            + " | ".join([own_cell(name) for name in own] + [cell(seconds.get(name)) for name in peers])
            + f" | {c['memory']['floe'] / 2**20:.0f} / {c['memory'][best] / 2**20:.0f} MiB |")
    return "\n".join(lines)


def processor():
    with open("/proc/cpuinfo") as info:
        return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))


def report(cases):
    versions = {}
    for c in cases:
        versions.update(c["versions"])
    lines = [f"## {datetime.date.today()}, {processor()}, {threads()} threads", ""]
    lines.append("Versions: " + ", ".join(sorted(set(versions.values()))) + ".")
    lines[-1] += (" In brackets: operations counted as direct convolution over the time, as a share of what a"
                  " matrix product reaches on the same threads in the same process.")
    if os.environ.get("DNNL_MAX_CPU_ISA"):
        lines[-1] += f" oneDNN limited to {os.environ['DNNL_MAX_CPU_ISA']} in Floe and PyTorch."
    for task in ["train", "predict"]:
        chosen = [c for c in cases if c["task"] == task]
        if chosen:
            lines += ["", table(task, chosen)]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--sizes", default=SIZES, help="CxHxW:BATCH, several with commas")
    parser.add_argument("--tasks", default="train,predict")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=None)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--json", help="also write every figure there")
    options = parser.parse_args()
    cases = []
    wanted = [(model, size) for size in options.sizes.split(",") for model in options.models.split(",")]
    if options.models == MODELS and SMALL[1] in options.sizes.split(","):
        wanted.append(SMALL)
    for task in options.tasks.split(","):
        for model, size in wanted:
            cases.append(case(task, model, *size.split(":"), options))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(cases, indent=1) + "\n")
    print(report(cases))


if __name__ == "__main__":
    main()
