"""The C library libspinexr in Python: predicts films of the spine. Needs nothing but the library;
NumPy is used if it is installed. For research only, not a diagnosis.

    import spinexr
    with spinexr.Predictor(["weights"]) as predictor:
        film = predictor.predict("film.dcm")
        print(film.probability, film.verdict)
        for finding in film.findings:
            print(finding.name, finding.score, finding.box)

A call that fails raises spinexr.Error, whose `code` is the word of the library's error code. Any
number of threads may use one Predictor. The environment variable SPINEXR_LIBRARY names the shared
library if it is not where the system looks for libraries.
"""

import collections
import csv
import ctypes
import ctypes.util
import json
import operator
import os
import subprocess
import tempfile

__all__ = ["Error", "Finding", "Prediction", "Predictor", "evaluate_classifier", "version"]

# The bounds of a box are pixels of the film; `box` is (x0, y0, x1, y1).
Finding = collections.namedtuple("Finding", "name label score box point despite_verdict")

_VERDICTS = (None, "normal", "abnormal")
_POINTS = (None, "sensitive", "specific")
_PRECISIONS = {"auto": 0, "f32": 1, "bf16": 2}
_PIXELS = {"auto": 0, "dicom": 1, "vindr": 2}
_TTA = {"none": 0, "flip": 1, "scales": 2, "both": 3}
_RULES = {"points": 0, "paper": 1, "all": 2}
_POINT_CHOICES = {"sensitive": 1, "specific": 2}
_LOG_WARNING = 1


class _Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 512)]


class _Options(ctypes.Structure):
    """A struct for the library. ctypes would take an integer modulo 2**32."""

    def __init__(self, *values):
        fields = [self._checked(*field, value) for field, value in zip(self._fields_, values)]
        super().__init__(*fields)

    @staticmethod
    def _checked(name, kind, value):
        if kind is not ctypes.c_int:
            return value
        value = operator.index(value)
        if not -2**31 <= value < 2**31:
            raise ValueError("%s is beyond 32 bits: %d" % (name, value))
        return value


class _ContextOptions(_Options):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("threads", ctypes.c_int),
        ("log_level", ctypes.c_int),
        ("log", ctypes.c_void_p),
        ("log_user", ctypes.c_void_p),
        ("cancelled", ctypes.c_void_p),
        ("cancelled_user", ctypes.c_void_p),
    ]


class _PredictorOptions(_Options):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("precision", ctypes.c_int),
        ("pixels", ctypes.c_int),
        ("tta", ctypes.c_int),
        ("reduced", ctypes.c_bool),
        ("threshold", ctypes.c_double),
        ("keep", ctypes.c_double),
        ("nms", ctypes.c_double),
        ("rule", ctypes.c_int),
        ("point", ctypes.c_int),
        ("fuse", ctypes.c_int),
        ("tiles", ctypes.c_int),
    ]


class _PredictOptions(_Options):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("frame", ctypes.c_int),
        ("keep_picture", ctypes.c_bool),
        ("keep_heat_maps", ctypes.c_bool),
        ("no_detector", ctypes.c_bool),
        ("any_film", ctypes.c_int),
    ]


class _PixelView(_Options):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("bits", ctypes.c_int),
        ("stride", ctypes.c_size_t),
    ]


class _Picture(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_ubyte)),
    ]


class _Finding(ctypes.Structure):
    _fields_ = [
        ("x0", ctypes.c_float),
        ("y0", ctypes.c_float),
        ("x1", ctypes.c_float),
        ("y1", ctypes.c_float),
        ("score", ctypes.c_float),
        ("label", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("point", ctypes.c_int),
        ("despite_verdict", ctypes.c_bool),
    ]


class _FilmResult(ctypes.Structure):
    _fields_ = [
        ("index", ctypes.c_size_t),
        ("count", ctypes.c_size_t),
        ("path", ctypes.c_char_p),
        ("prediction", ctypes.c_void_p),
        ("error", ctypes.POINTER(_Error)),
    ]


_FilmDone = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(_FilmResult))


class _BatchOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("film", ctypes.POINTER(_PredictOptions)),
        ("film_done", _FilmDone),
        ("draw", ctypes.c_void_p),
        ("user", ctypes.c_void_p),
    ]


def _declare(library):
    """The result and the arguments of every function that is used."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double
    error, whole = ctypes.POINTER(_Error), ctypes.c_int
    texts = ctypes.POINTER(ctypes.c_char_p)
    film = ctypes.POINTER(_PredictOptions)
    functions = {
        "sx_version": (text, []),
        "sx_error_name": (text, [whole]),
        "sx_context_new": (pointer, [ctypes.POINTER(_ContextOptions), error]),
        "sx_context_free": (None, [pointer]),
        "sx_context_cancel": (None, [pointer]),
        "sx_predictor_open": (
            pointer, [pointer, texts, ctypes.c_size_t, ctypes.POINTER(_PredictorOptions), error]),
        "sx_predictor_free": (None, [pointer]),
        "sx_predictor_threshold": (number, [pointer]),
        "sx_predictor_note": (text, [pointer]),
        "sx_predictor_label_count": (whole, [pointer]),
        "sx_predictor_label": (text, [pointer, whole]),
        "sx_predict_file": (pointer, [pointer, text, film, error]),
        "sx_predict_memory": (pointer, [pointer, text, ctypes.c_size_t, text, film, error]),
        "sx_predict_pixels": (pointer, [pointer, ctypes.POINTER(_PixelView), film, error]),
        "sx_predict_batch": (
            ctypes.c_bool, [pointer, texts, ctypes.c_size_t, ctypes.POINTER(_BatchOptions), error]),
        "sx_prediction_hold": (pointer, [pointer]),
        "sx_prediction_free": (None, [pointer]),
        "sx_prediction_image_id": (text, [pointer]),
        "sx_prediction_study_id": (text, [pointer]),
        "sx_prediction_width": (whole, [pointer]),
        "sx_prediction_height": (whole, [pointer]),
        "sx_prediction_verdict": (whole, [pointer]),
        "sx_prediction_unfamiliar": (ctypes.c_bool, [pointer]),
        "sx_prediction_probability": (number, [pointer]),
        "sx_prediction_threshold": (number, [pointer]),
        "sx_prediction_note": (text, [pointer]),
        "sx_prediction_warning_count": (whole, [pointer]),
        "sx_prediction_warning": (text, [pointer, whole]),
        "sx_prediction_finding_count": (whole, [pointer]),
        "sx_prediction_finding": (ctypes.POINTER(_Finding), [pointer, whole]),
        "sx_prediction_box_count": (whole, [pointer]),
        "sx_prediction_box": (ctypes.POINTER(_Finding), [pointer, whole]),
        "sx_prediction_overlay": (ctypes.POINTER(_Picture), [pointer, number, error]),
        "sx_prediction_json": (pointer, [pointer, text, error]),
        "sx_picture_write_png": (ctypes.c_bool, [ctypes.POINTER(_Picture), text, error]),
        "sx_picture_free": (None, [ctypes.POINTER(_Picture)]),
        "sx_text_free": (None, [pointer]),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _load():
    name = os.environ.get("SPINEXR_LIBRARY") or ctypes.util.find_library("spinexr")
    return _declare(ctypes.CDLL(name or "libspinexr.so.0"))


_library = _load()


class Error(Exception):
    """What a call of the library reports: `code` ("io", "format", ...) and the message."""

    def __init__(self, error):
        super().__init__(error.message.decode("utf-8", "replace"))
        self.code = _library.sx_error_name(error.code).decode()


def version():
    """The version of the library."""
    return _library.sx_version().decode()


def _path(path):
    """The bytes of a path. In C it would end at a NUL byte and name another file."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError("a path with a NUL byte: %r" % (path,))
    return encoded


def _texts(paths):
    if isinstance(paths, (str, bytes, os.PathLike)):
        paths = [paths]
    items = [_path(path) for path in paths]
    return (ctypes.c_char_p * len(items))(*items), len(items)


def _choice(words, name, value):
    if value not in words:
        raise ValueError("%s is one of %s, not %r" % (name, ", ".join(words), value))
    return words[value]


def _film_options(frame=0, keep_picture=False, detector=True, any_film=False):
    return _PredictOptions(ctypes.sizeof(_PredictOptions), frame, keep_picture, False,
                           not detector, int(any_film))


class Prediction:
    """The results for one film. It may outlive its predictor."""

    def __init__(self, pointer):
        self._pointer = pointer

    def __del__(self):
        if _library is not None:
            _library.sx_prediction_free(self._pointer)

    def _text(self, name):
        return getattr(_library, "sx_prediction_" + name)(self._pointer).decode("utf-8", "replace")

    @property
    def image_id(self):
        return self._text("image_id")

    @property
    def study_id(self):
        return self._text("study_id")

    @property
    def note(self):
        """What must accompany the result; "": nothing."""
        return self._text("note")

    @property
    def size(self):
        """Width and height of the film in its own pixels."""
        return (_library.sx_prediction_width(self._pointer),
                _library.sx_prediction_height(self._pointer))

    @property
    def verdict(self):
        """ "normal", "abnormal", or None: there is no classifier, or the film is unfamiliar."""
        return _VERDICTS[_library.sx_prediction_verdict(self._pointer)]

    @property
    def unfamiliar(self):
        return _library.sx_prediction_unfamiliar(self._pointer)

    @property
    def probability(self):
        """P(abnormal), 0..1; NaN without classifiers."""
        return _library.sx_prediction_probability(self._pointer)

    @property
    def threshold(self):
        return _library.sx_prediction_threshold(self._pointer)

    @property
    def warnings(self):
        count = _library.sx_prediction_warning_count(self._pointer)
        return [_library.sx_prediction_warning(self._pointer, i).decode() for i in range(count)]

    def _boxes(self, name):
        count = getattr(_library, "sx_prediction_%s_count" % name)(self._pointer)
        at = getattr(_library, "sx_prediction_" + name)
        return [self._finding(at(self._pointer, i).contents) for i in range(count)]

    @staticmethod
    def _finding(f):
        return Finding(f.name.decode(), f.label, f.score, (f.x0, f.y0, f.x1, f.y1),
                       _POINTS[f.point], f.despite_verdict)

    @property
    def findings(self):
        """The boxes that the rule lists, in descending order of score."""
        return self._boxes("finding")

    @property
    def boxes(self):
        """Every box of the detector; an evaluation needs all of them."""
        return self._boxes("box")

    def report(self, path=None):
        """report.json of this film, as a dictionary."""
        error = _Error()
        name = None if path is None else _path(path)
        text = _library.sx_prediction_json(self._pointer, name, error)
        if not text:
            raise Error(error)
        try:
            return json.loads(ctypes.string_at(text))
        finally:
            _library.sx_text_free(text)

    def write_overlay(self, path, min_score=0.0):
        """Writes a PNG file of the film with its boxes (keep_picture=True)."""
        error, name = _Error(), _path(path)
        picture = _library.sx_prediction_overlay(self._pointer, min_score, error)
        if not picture:
            raise Error(error)
        written = _library.sx_picture_write_png(picture, name, error)
        _library.sx_picture_free(picture)
        if not written:
            raise Error(error)


class Predictor:
    """Networks that are ready to predict: weight files, or folders of them."""

    def __init__(self, weights, threads=0, precision="auto", pixels="auto", tta="none",
                 reduced=False, threshold=-1.0, keep=-1.0, nms=-1.0, rule="points",
                 point="sensitive", fuse=False, tiles=0):
        self._pointer = self._context = None
        error = _Error()
        context = _ContextOptions(ctypes.sizeof(_ContextOptions), threads, _LOG_WARNING)
        options = _PredictorOptions(
            ctypes.sizeof(_PredictorOptions), _choice(_PRECISIONS, "precision", precision),
            _choice(_PIXELS, "pixels", pixels), _choice(_TTA, "tta", tta), reduced, threshold,
            keep, nms, _choice(_RULES, "rule", rule), _choice(_POINT_CHOICES, "point", point),
            fuse, tiles)
        paths, count = _texts(weights)
        self._context = _library.sx_context_new(context, error)
        if not self._context:
            raise Error(error)
        self._pointer = _library.sx_predictor_open(self._context, paths, count, options, error)
        if not self._pointer:
            self.close()
            raise Error(error)

    def close(self):
        """Frees the networks, which no thread may use any longer. Predictions stay valid."""
        if self._pointer:
            _library.sx_predictor_free(self._pointer)
        if self._context:
            _library.sx_context_free(self._context)
        self._pointer = self._context = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def __del__(self):
        if _library is not None:
            self.close()

    def _open(self):
        if not self._pointer:
            raise ValueError("the predictor was closed")
        return self._pointer

    @property
    def threshold(self):
        return _library.sx_predictor_threshold(self._open())

    @property
    def note(self):
        return _library.sx_predictor_note(self._open()).decode()

    @property
    def labels(self):
        """The detector's classes."""
        count = _library.sx_predictor_label_count(self._open())
        return [_library.sx_predictor_label(self._open(), i).decode() for i in range(count)]

    @staticmethod
    def _result(pointer, error):
        if not pointer:
            raise Error(error)
        return Prediction(pointer)

    def predict(self, path, **options):
        """A DICOM, PNG or JPEG file. Options: frame, keep_picture, detector, any_film."""
        error = _Error()
        film = _film_options(**options)
        return self._result(
            _library.sx_predict_file(self._open(), _path(path), film, error), error)

    def predict_bytes(self, data, name=None, **options):
        """The bytes of such a file (any buffer); `name` stands in messages."""
        error = _Error()
        film = _film_options(**options)
        named = None if name is None else _path(name)
        raw = bytes(memoryview(data))  # not items, which may be wider than a byte
        return self._result(
            _library.sx_predict_memory(self._open(), raw, len(raw), named, film, error), error)

    def predict_array(self, pixels, **options):
        """Pixels [height][width] or [height][width][3], uint8 or uint16: a NumPy array, or anything
        with a contiguous buffer of such a shape. Air is dark and bone bright."""
        error = _Error()
        film = _film_options(**options)
        view = memoryview(pixels)
        if view.format not in ("B", "H") or view.ndim not in (2, 3) or not view.c_contiguous:
            raise ValueError("pixels must be a contiguous array of uint8 or uint16, with 2 or 3 "
                             "dimensions")
        data = view.tobytes()
        channels = view.shape[2] if view.ndim == 3 else 1
        film_pixels = _PixelView(ctypes.cast(data, ctypes.c_void_p), view.shape[1], view.shape[0],
                                 channels, 8 * view.itemsize, 0)
        return self._result(
            _library.sx_predict_pixels(self._open(), film_pixels, film, error), error)

    def predict_batch(self, paths, progress=None, **options):
        """Files and folders. Returns a list of (path, Prediction or Error), in order.
        `progress(done, count, path)` is called after each film; if it returns False, the batch
        stops and Error "cancelled" is raised. What it raises ends the batch and is raised here."""
        error, results, raised = _Error(), [], []
        film = _film_options(**options)

        def film_done(unused, result):
            r = result.contents
            path = os.fsdecode(r.path)
            try:
                if r.prediction:
                    results.append((path, Prediction(_library.sx_prediction_hold(r.prediction))))
                else:
                    results.append((path, Error(r.error.contents)))
                return progress is None or progress(r.index + 1, r.count, path) is not False
            except BaseException as e:  # an exception must not pass through C
                raised.append(e)
                return False

        batch = _BatchOptions(ctypes.sizeof(_BatchOptions), ctypes.pointer(film),
                              _FilmDone(film_done), None, None)
        inputs, count = _texts(paths)
        done = _library.sx_predict_batch(self._open(), inputs, count, batch, error)
        if raised:
            raise raised[0]
        if not done:
            raise Error(error)
        return results


def _label(value):
    try:
        label = int(value)
    except (TypeError, ValueError, OverflowError):
        label = None
    if label not in (0, 1) or label != value:
        raise ValueError("a label is 0 or 1, not %r" % (value,))
    return label


def evaluate_classifier(abnormal, probabilities, program="spinexr", resamples=1000, seed=1999):
    """Evaluates P(abnormal) of films against the truth: two arrays of the same length, `abnormal`
    of 0 and 1 (or False and True; anything else is a ValueError). Runs the program
    (`spinexr eval classify`) and returns its document, with AUROC and intervals, as a dictionary
    (docs/eval.md)."""
    abnormal = [_label(value) for value in abnormal]
    probabilities = list(probabilities)
    if len(abnormal) != len(probabilities):
        raise ValueError("%d labels and %d probabilities" % (len(abnormal), len(probabilities)))
    with tempfile.TemporaryDirectory() as folder:
        truth, scores = os.path.join(folder, "truth.csv"), os.path.join(folder, "scores.csv")
        for path, column, values in ((truth, "abnormal", abnormal),
                                     (scores, "score", (repr(float(v)) for v in probabilities))):
            with open(path, "w", newline="") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(["image_id", column])
                rows.writerows(enumerate(values))
        run = subprocess.run(
            [program, "eval", "classify", truth, scores, "--label", "abnormal", "--score", "score",
             "--resamples", str(resamples), "--seed", str(seed), "--json", "-q"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.decode("utf-8", "replace").strip())
        return json.loads(run.stdout)
