"""test_spinexr.py WEIGHTS PROGRAM: the binding on a drawn data set and the demonstration weights,
held to what the program itself writes. Tests with NumPy are left out where it is missing."""

import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import unittest

import spinexr

try:
    import numpy
except ImportError:
    numpy = None

WEIGHTS, PROGRAM = sys.argv[1:3]


def gradient(width, height):
    """Pixels without NumPy."""
    data = bytes((x + 2 * y) % 256 for y in range(height) for x in range(width))
    return memoryview(data).cast("B", (height, width))


class PredictorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = cls.folder.name
        subprocess.run(
            [PROGRAM, "data", "phantom", "--out", root + "/set", "--count", "4", "--size", "500",
             "--region", "lumbar", "--mix", "crowded", "--seed", "5", "--test", "0", "-q"],
            check=True, stdout=subprocess.DEVNULL)
        cls.films = root + "/set/train_images"
        subprocess.run(
            [PROGRAM, "predict", cls.films, "--weights", WEIGHTS, "--out", root + "/found",
             "--no-overlay", "-q"], check=True, stdout=subprocess.DEVNULL)
        with open(root + "/found/report.json", encoding="utf-8") as file:
            cls.report = json.load(file)
        cls.predictor = spinexr.Predictor([WEIGHTS])

    @classmethod
    def tearDownClass(cls):
        cls.predictor.close()
        cls.folder.cleanup()

    def test_version_is_the_programs(self):
        said = subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(said.decode().split()[1], spinexr.version())

    def test_weights_say_what_they_are(self):
        self.assertEqual(len(self.predictor.labels), 7)
        self.assertTrue(0 < self.predictor.threshold < 1)
        self.assertNotEqual(self.predictor.note, "")

    def test_batch_gives_the_programs_numbers(self):
        calls = []
        results = self.predictor.predict_batch(
            self.films, progress=lambda done, count, path: calls.append((done, count, path)))
        self.assertEqual([c[:2] for c in calls], [(1, 4), (2, 4), (3, 4), (4, 4)])
        wanted = {f["image_id"]: f for study in self.report["studies"] for f in study["films"]}
        self.assertEqual(len(results), 4)
        boxes = 0
        for path, film in results:
            stored = wanted[film.image_id]
            self.assertTrue(path.endswith(stored["path"].split("/")[-1]))
            self.assertAlmostEqual(film.probability, stored["probability"], places=3)
            self.assertEqual(len(film.findings), len(stored["findings"]))
            self.assertLessEqual(len(film.findings), len(film.boxes))
            for f in film.findings:
                x0, y0, x1, y1 = f.box
                self.assertTrue(0 <= x0 < x1 <= film.size[0] and 0 <= y0 < y1 <= film.size[1])
                self.assertEqual(f.name, self.predictor.labels[f.label])
            boxes += len(film.boxes)
        self.assertGreater(boxes, 0)

    def test_file_bytes_and_report(self):
        path = os.path.join(self.films, sorted(os.listdir(self.films))[0])
        film = self.predictor.predict(path, keep_picture=True)
        with open(path, "rb") as file:
            data = file.read()
        data += bytes(len(data) % 2)
        same = self.predictor.predict_bytes(data, name="film.dcm")
        wide = self.predictor.predict_bytes(memoryview(data).cast("H"))
        self.assertEqual(wide.boxes, same.boxes)
        self.assertEqual(film.probability, same.probability)
        self.assertEqual(film.boxes, same.boxes)
        self.assertEqual(same.image_id, "film")
        self.assertEqual(film.report("x/film.dcm")["studies"][0]["films"][0]["path"], "x/film.dcm")
        picture = os.path.join(self.folder.name, "picture.png")
        film.write_overlay(picture, 0.5)
        with open(picture, "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        self.assertTrue(math.isnan(
            spinexr.Predictor([WEIGHTS + "/detector.safetensors"]).predict(path).probability))

    def test_pixels(self):
        film = self.predictor.predict_array(gradient(300, 400))
        self.assertEqual(film.size, (300, 400))
        with self.assertRaises(ValueError):
            self.predictor.predict_array(memoryview(b"12345678").cast("d", (1, 1)))

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_numpy_arrays(self):
        film = self.predictor.predict_array(gradient(300, 400))
        array = numpy.add.outer(2 * numpy.arange(400), numpy.arange(300)) % 256
        same = self.predictor.predict_array(array.astype(numpy.uint8))
        self.assertEqual(same.probability, film.probability)
        wide = self.predictor.predict_array((array * 257).astype(numpy.uint16))
        self.assertEqual(wide.probability, film.probability)
        with self.assertRaises(ValueError):
            self.predictor.predict_array(array.astype(numpy.uint8)[:, ::2])
        scores = numpy.array([0.9, 0.1, 0.4, 0.5], dtype=numpy.float32)
        document = spinexr.evaluate_classifier(scores > 0.3, scores, program=PROGRAM, resamples=50)
        self.assertEqual(document["models"][0]["measures"]["auroc"]["value"], 1)

    def test_errors(self):
        with self.assertRaises(spinexr.Error) as caught:
            self.predictor.predict("/nowhere/film.dcm")
        self.assertEqual(caught.exception.code, "io")
        self.assertTrue(str(caught.exception).startswith("/nowhere/film.dcm: "))
        with self.assertRaises(spinexr.Error):
            spinexr.Predictor(["/nowhere.safetensors"])
        with self.assertRaises(ValueError):
            spinexr.Predictor([WEIGHTS], precision="f64")
        film = self.predictor.predict_array(gradient(64, 64), keep_picture=True)
        for call in (lambda: self.predictor.predict("film.dcm\0x"),
                     lambda: self.predictor.predict(b"film.dcm\0x"),
                     lambda: self.predictor.predict_batch([self.films + "\0x"]),
                     lambda: self.predictor.predict_bytes(b"", name="a\0b"),
                     lambda: spinexr.Predictor([WEIGHTS + "\0x"]),
                     lambda: film.report("a\0b"),
                     lambda: film.write_overlay(self.folder.name + "/a.png\0b")):
            with self.assertRaisesRegex(ValueError, "NUL"):
                call()
        for call in (lambda n: self.predictor.predict_array(gradient(64, 64), frame=n),
                     lambda n: spinexr.Predictor([WEIGHTS], threads=n),
                     lambda n: spinexr.Predictor([WEIGHTS], tiles=n)):
            for number in (2**31, 2**32, -2**31 - 1, 2**70):
                with self.assertRaisesRegex(ValueError, "32 bits"):
                    call(number)
        closed = spinexr.Predictor([WEIGHTS])
        closed.close()
        with self.assertRaises(ValueError):
            closed.predict("film.dcm")

    def test_progress_stops_a_batch(self):
        with self.assertRaises(spinexr.Error) as caught:
            self.predictor.predict_batch(self.films, progress=lambda *unused: False)
        self.assertEqual(caught.exception.code, "cancelled")

        def fail(*unused):
            raise KeyError("mine")

        with self.assertRaises(KeyError):
            self.predictor.predict_batch(self.films, progress=fail)

    def test_threads_share_a_predictor(self):
        found = [None] * 4
        pixels = gradient(200, 300)

        def work(i):
            found[i] = self.predictor.predict_array(pixels).probability

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(found)), 1)

    def test_evaluation_of_arrays(self):
        truth, scores = [1, 0, 1, 0, 1, 0], [0.9, 0.1, 0.4, 0.5, 0.8, 0.2]
        document = spinexr.evaluate_classifier(truth, scores, program=PROGRAM, resamples=50)
        # 8 of the 9 pairs are in the right order
        self.assertAlmostEqual(document["models"][0]["measures"]["auroc"]["value"], 8 / 9)
        with self.assertRaises(ValueError):
            spinexr.evaluate_classifier(truth, scores[1:], program=PROGRAM)
        same = spinexr.evaluate_classifier([True, False, 1.0, 0.0, 1, 0], scores, program=PROGRAM,
                                           resamples=50)
        self.assertEqual(same["models"][0]["measures"]["auroc"],
                         document["models"][0]["measures"]["auroc"])
        for label in (0.7, 2, -1, math.nan, math.inf, 1 + 0j, "1", None):
            with self.assertRaises(ValueError):
                spinexr.evaluate_classifier([label] + truth[1:], scores, program=PROGRAM)
        with self.assertRaises(RuntimeError):
            spinexr.evaluate_classifier([1, 1], [0.5, 2.0], program=PROGRAM)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
