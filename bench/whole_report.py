#!/usr/bin/python3
"""Times `spinexr eval report` on a set of the size of VinDr-SpineXR's test set.

    bench/whole_report.py BUILD/src/cli/spinexr

2,078 made-up films with 3,634 lesions and 100 boxes each; 1,000 resamples of patients; three
subgroups; the page without pictures, since reading films is measured elsewhere. Prints the time
that passed and the processor time."""
import json, os, random, resource, subprocess, sys, tempfile, time

LESIONS = {"Osteophytes": 3000, "Surgical implant": 231, "Vertebral collapse": 107,
           "Disc space narrowing": 95, "Foraminal stenosis": 69, "Other lesions": 69,
           "Spondylolysthesis": 63}
FILMS, BOXES, THRESHOLD, KEEP = 2078, 100, 0.2808, 0.5
rng = random.Random(2)
folder = tempfile.mkdtemp()
names = list(LESIONS)
lesions = [[] for _ in range(FILMS)]


def some_box():
    x, y = rng.randrange(1200), rng.randrange(2000)
    return [x, y, x + 20 + rng.randrange(300), y + 20 + rng.randrange(300)]


for name, count in LESIONS.items():
    for _ in range(count):
        lesions[rng.randrange(FILMS // 2)].append((name, some_box()))

films = []
with open(f"{folder}/truth.csv", "w") as truth, open(f"{folder}/meta.csv", "w") as meta:
    truth.write("study_id,patient_id,image_id,lesion_type,xmin,ymin,xmax,ymax\n")
    meta.write("image_id,patient_sex,patient_age\n")
    for f in range(FILMS):
        head = f"s{f // 2},p{f // 2},f{f}"
        meta.write(f"f{f},{rng.choice('FM')},{rng.randint(18, 90)}\n")
        rows = [f"{head},{n},{','.join(map(str, b))}\n" for n, b in lesions[f]]
        truth.write("".join(rows) or f"{head},No finding,,,,\n")
        boxes = [{"name": n, "score": round(rng.uniform(0.2, 0.99), 5),
                  "box": [v + rng.randint(0, 9) for v in b]}
                 for n, b in lesions[f] if rng.random() < 0.8]
        while len(boxes) < BOXES:
            boxes.append({"name": rng.choice(names), "score": round(rng.random() ** 3, 5),
                          "box": some_box()})
        p = min(1.0, max(0.0, rng.gauss(0.65 if lesions[f] else 0.35, 0.2)))
        films.append({"image_id": f"f{f}", "probability": round(p, 5), "boxes": boxes,
                      "findings": [b for b in boxes if p >= THRESHOLD or b["score"] >= KEEP]})
with open(f"{folder}/report.json", "w") as out:
    json.dump({"schema": "spinexr-report/1", "rule": {"threshold": THRESHOLD, "keep": KEEP},
               "labels": names, "failed": [],
               "studies": [{"films": films[i:i + 2]} for i in range(0, FILMS, 2)]}, out)

start = time.perf_counter()
subprocess.run([os.path.abspath(sys.argv[1]), "eval", "report", "truth.csv", "report.json",
                "--resamples", "1000", "--meta", "meta.csv", "--subgroup", "sex",
                "--subgroup", "age", "--subgroup", "lesion_size", "--html", "page.html"],
               cwd=folder, check=True, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{FILMS} films, {FILMS * BOXES} boxes, 1,000 resamples: {wall:.1f} s, "
      f"{used.ru_utime + used.ru_stime:.1f} s of processor time, "
      f"{used.ru_maxrss / 1024:.0f} MiB")
