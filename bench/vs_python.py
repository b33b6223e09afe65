#!/usr/bin/python3
"""Evaluation against scikit-learn and pycocotools, in one run on the same data.

    bench/vs_python.py BUILD/bench/bench-eval

Debian: apt-get install python3-sklearn. pycocotools is timed if Python finds it.
Only the computation is timed: the data are in memory on both sides before the clock starts."""
import contextlib, io, json, subprocess, sys, tempfile, time

import numpy as np
import sklearn
from sklearn.metrics import roc_auc_score

folder = tempfile.mkdtemp()
lines = subprocess.run([sys.argv[1], folder], check=True, capture_output=True, text=True).stdout
print(lines, end="")
ours = {line.split()[0]: float(line.split()[1]) for line in lines.splitlines()}

rows = np.loadtxt(folder + "/labels.csv", delimiter=",", skiprows=1)
label, score = rows[:, 0].astype(int), rows[:, 1].astype(np.float32)
random, start, done = np.random.RandomState(1999), time.perf_counter(), 0
while done < 10000:
    drawn = random.randint(len(label), size=len(label))
    if label[drawn].min() != label[drawn].max():
        roc_auc_score(label[drawn], score[drawn])
        done += 1
theirs = time.perf_counter() - start
print(f"\nscikit-learn {sklearn.__version__}, NumPy {np.__version__}: "
      f"10,000 AUROCs of resamples in {theirs:.2f} s")
for name, seconds in ours.items():
    if name.startswith("bootstrap"):
        print(f"  {name}: {theirs / seconds:.0f} times as fast")

try:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
except ImportError:
    sys.exit("pycocotools is not installed: mAP not compared")
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(folder + "/gt.json")
    found = truth.loadRes(json.load(open(folder + "/found.json")))
    start = time.perf_counter()
    run = COCOeval(truth, found, "bbox")
    run.evaluate()
    run.accumulate()
    run.summarize()
    theirs = time.perf_counter() - start
print(f"pycocotools: COCO's twelve numbers in {theirs:.2f} s (AP {run.stats[0]!r}): "
      f"ours {theirs / ours['coco']:.0f} times as fast")
