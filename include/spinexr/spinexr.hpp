/* The C library for C++11 and later: owners that free what they own, and exceptions. Header only;
 * link the same library.
 *
 *     spinexr::predictor p({ "weights" });
 *     spinexr::prediction film = p.predict_file("film.dcm");
 *     for (const sx_finding &box : film.findings())
 *         std::printf("%s %.2f\n", box.name, box.score);
 *
 * A function that fails throws spinexr::error, also for a path with a NUL byte (SX_ERR_USAGE);
 * std::bad_alloc is thrown if memory is out in this header itself. Where nothing else is said, the
 * C headers hold: shapes, units, ranges, threads. An object that was moved from may only be
 * destroyed or assigned to. */
#ifndef SPINEXR_HPP
#define SPINEXR_HPP

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "spinexr/spinexr.h"

namespace spinexr {

/* What a call of the library reports. */
class error : public std::runtime_error {
  public:
    explicit error(const sx_error &e) : std::runtime_error(e.message), code_(e.code) {}
    sx_error_code code() const noexcept {
        return code_;
    }

  private:
    sx_error_code code_;
};

namespace detail {

struct free_context {
    void operator()(sx_context *c) const noexcept {
        sx_context_free(c);
    }
};
struct free_predictor {
    void operator()(sx_predictor *p) const noexcept {
        sx_predictor_free(p);
    }
};
struct free_prediction {
    void operator()(sx_prediction *p) const noexcept {
        sx_prediction_free(p);
    }
};
struct free_picture {
    void operator()(sx_picture *p) const noexcept {
        sx_picture_free(p);
    }
};
struct free_text {
    void operator()(char *t) const noexcept {
        sx_text_free(t);
    }
};

/* The result of a call, or its error as an exception. */
template <typename T> T *check(T *result, const sx_error &e) {
    if (!result) throw error(e);
    return result;
}

/* A path for C. In C it would end at a NUL byte and name another file. */
inline const char *c_path(const std::string &path) {
    const sx_error e = { SX_ERR_USAGE, "a path with a NUL byte" };
    if (path.find('\0') != std::string::npos) throw error(e);
    return path.c_str();
}

/* The same, but NULL for "". */
inline const char *c_path_or_null(const std::string &path) {
    return path.empty() ? nullptr : c_path(path);
}

inline std::vector<const char *> c_paths(const std::vector<std::string> &paths) {
    std::vector<const char *> all;
    for (const std::string &path : paths)
        all.push_back(c_path(path));
    return all;
}

} // namespace detail

/* A picture that the program owns: 8 bits per sample, without gaps (sx_picture). */
class picture {
  public:
    explicit picture(sx_picture *owned) noexcept : p_(owned) {}
    int width() const noexcept {
        return p_->width;
    }
    int height() const noexcept {
        return p_->height;
    }
    int channels() const noexcept {
        return p_->channels;
    }
    const unsigned char *data() const noexcept {
        return p_->data;
    }
    void write_png(const std::string &path) const {
        sx_error e = { SX_OK, "" };
        if (!sx_picture_write_png(p_.get(), detail::c_path(path), &e)) throw error(e);
    }

  private:
    std::unique_ptr<sx_picture, detail::free_picture> p_;
};

/* The results for one film. Copies share it; it may outlive its predictor. */
class prediction {
  public:
    /* Takes over one reference. */
    explicit prediction(sx_prediction *owned) : p_(owned, detail::free_prediction()) {}
    /* A further reference to what somebody else owns. */
    static prediction hold(const sx_prediction *p) {
        return prediction(sx_prediction_hold(p));
    }
    /* For the functions of the C library that have no member here. */
    const sx_prediction *get() const noexcept {
        return p_.get();
    }

    std::string image_id() const {
        return sx_prediction_image_id(get());
    }
    std::string study_id() const {
        return sx_prediction_study_id(get());
    }
    int width() const noexcept {
        return sx_prediction_width(get());
    }
    int height() const noexcept {
        return sx_prediction_height(get());
    }
    sx_verdict verdict() const noexcept {
        return sx_prediction_verdict(get());
    }
    bool unfamiliar() const noexcept {
        return sx_prediction_unfamiliar(get());
    }
    double probability() const noexcept {
        return sx_prediction_probability(get());
    }
    double threshold() const noexcept {
        return sx_prediction_threshold(get());
    }
    std::string note() const {
        return sx_prediction_note(get());
    }

    /* Copies, in descending order of score. `name` is valid as long as this prediction or a copy
     * of it. */
    std::vector<sx_finding> findings() const {
        return boxes_of(sx_prediction_finding_count, sx_prediction_finding);
    }
    /* Every box of the detector. */
    std::vector<sx_finding> boxes() const {
        return boxes_of(sx_prediction_box_count, sx_prediction_box);
    }
    std::vector<std::string> warnings() const {
        std::vector<std::string> all;
        for (int i = 0; i < sx_prediction_warning_count(get()); i++)
            all.push_back(sx_prediction_warning(get(), i));
        return all;
    }

    /* With boxes of at least this score; needs sx_predict_options.keep_picture. */
    picture overlay(double min_score = 0.0) const {
        sx_error e = { SX_OK, "" };
        return picture(detail::check(sx_prediction_overlay(get(), min_score, &e), e));
    }
    /* Needs sx_predict_options.keep_heat_maps. */
    picture heat_sheet() const {
        sx_error e = { SX_OK, "" };
        return picture(detail::check(sx_prediction_heat_sheet(get(), &e), e));
    }
    /* report.json of this film; `path` "": none. */
    std::string json(const std::string &path = std::string()) const {
        sx_error e = { SX_OK, "" };
        std::unique_ptr<char, detail::free_text> text(
            detail::check(sx_prediction_json(get(), detail::c_path_or_null(path), &e), e));
        return text.get();
    }

  private:
    std::vector<sx_finding> boxes_of(int (*count)(const sx_prediction *),
                                     const sx_finding *(*at)(const sx_prediction *, int)) const {
        std::vector<sx_finding> all;
        for (int i = 0; i < count(get()); i++)
            all.push_back(*at(get(), i));
        return all;
    }
    std::shared_ptr<sx_prediction> p_;
};

/* Threads, messages and cancellation. It must outlive the predictors that use it. */
class context {
  public:
    explicit context(const sx_context_options &options = defaults()) {
        sx_error e = { SX_OK, "" };
        p_.reset(detail::check(sx_context_new(&options, &e), e));
    }
    static sx_context_options defaults() {
        const sx_context_options options = SX_CONTEXT_DEFAULTS;
        return options;
    }
    sx_context *get() const noexcept {
        return p_.get();
    }
    int threads() const noexcept {
        return sx_context_threads(get());
    }
    /* From any thread and from signal handlers. */
    void cancel() noexcept {
        sx_context_cancel(get());
    }
    bool cancelled() const noexcept {
        return sx_context_cancelled(get());
    }

  private:
    std::unique_ptr<sx_context, detail::free_context> p_;
};

/* A film of a batch: the prediction, or the error of a film that failed. */
struct film_result {
    std::size_t index, count;
    std::string path;
    const sx_prediction *predicted; /* NULL: it failed; prediction::hold keeps it */
    const sx_error *failure;        /* NULL: it did not fail */
};

/* Networks that are ready to predict. Any number of threads may use one. */
class predictor {
  public:
    explicit predictor(const std::vector<std::string> &weights,
                       const sx_predictor_options &options = defaults()) {
        open(nullptr, weights, options);
    }
    predictor(const context &c, const std::vector<std::string> &weights,
              const sx_predictor_options &options = defaults()) {
        open(c.get(), weights, options);
    }
    static sx_predictor_options defaults() {
        const sx_predictor_options options = SX_PREDICTOR_DEFAULTS;
        return options;
    }
    static sx_predict_options film_defaults() {
        const sx_predict_options options = SX_PREDICT_DEFAULTS;
        return options;
    }
    sx_predictor *get() const noexcept {
        return p_.get();
    }
    double threshold() const noexcept {
        return sx_predictor_threshold(get());
    }
    std::string note() const {
        return sx_predictor_note(get());
    }
    std::vector<std::string> labels() const {
        std::vector<std::string> all;
        for (int i = 0; i < sx_predictor_label_count(get()); i++)
            all.push_back(sx_predictor_label(get(), i));
        return all;
    }

    prediction predict_file(const std::string &path,
                            const sx_predict_options &options = film_defaults()) {
        sx_error e = { SX_OK, "" };
        const char *named = detail::c_path(path);
        return prediction(detail::check(sx_predict_file(get(), named, &options, &e), e));
    }
    prediction predict_memory(const void *bytes, std::size_t size,
                              const std::string &name = std::string(),
                              const sx_predict_options &options = film_defaults()) {
        sx_error e = { SX_OK, "" };
        const char *named = detail::c_path_or_null(name);
        return prediction(
            detail::check(sx_predict_memory(get(), bytes, size, named, &options, &e), e));
    }
    prediction predict_pixels(const sx_pixel_view &view,
                              const sx_predict_options &options = film_defaults()) {
        sx_error e = { SX_OK, "" };
        return prediction(detail::check(sx_predict_pixels(get(), &view, &options, &e), e));
    }

    /* Files and folders (sx_predict_batch). `film_done` is called for each film, in order, in this
     * thread, and returns false to stop the batch. What it throws stops the batch and is thrown
     * again here. */
    void predict_batch(const std::vector<std::string> &inputs,
                       const std::function<bool(const film_result &)> &film_done,
                       const sx_predict_options &film = film_defaults()) {
        batch_call call = { &film_done, std::exception_ptr() };
        sx_batch_options options = SX_BATCH_DEFAULTS;
        const std::vector<const char *> paths = detail::c_paths(inputs);
        sx_error e = { SX_OK, "" };
        options.film = &film;
        options.film_done = &predictor::pass_on;
        options.user = &call;
        const bool ok = sx_predict_batch(get(), paths.data(), paths.size(), &options, &e);
        if (call.thrown) std::rethrow_exception(call.thrown);
        if (!ok) throw error(e);
    }

  private:
    struct batch_call {
        const std::function<bool(const film_result &)> *film_done;
        std::exception_ptr thrown;
    };
    static bool pass_on(void *user, const sx_film_result *film) {
        batch_call *call = static_cast<batch_call *>(user);
        try {
            const film_result result = { film->index, film->count, film->path, film->prediction,
                                         film->error };
            return (*call->film_done)(result);
        } catch (...) {
            /* an exception must not pass through C */
            call->thrown = std::current_exception();
            return false;
        }
    }
    void open(const sx_context *c, const std::vector<std::string> &weights,
              const sx_predictor_options &options) {
        const std::vector<const char *> paths = detail::c_paths(weights);
        sx_error e = { SX_OK, "" };
        p_.reset(detail::check(sx_predictor_open(c, paths.data(), paths.size(), &options, &e), e));
    }
    std::unique_ptr<sx_predictor, detail::free_predictor> p_;
};

} // namespace spinexr

#endif
