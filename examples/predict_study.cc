/* predict_study FOLDER OUT WEIGHTS...: predicts every film of a folder with the C++ interface,
 * prints the findings and saves a picture of each film with findings in the folder OUT, which must
 * exist.
 *
 *     c++ predict_study.cc $(pkg-config --cflags --libs spinexr) */
#include <cstdio>
#include <string>
#include <vector>

#include <spinexr/spinexr.hpp>

namespace {

std::size_t failed;

bool print_film(const std::string &out, const spinexr::film_result &film) {
    if (film.failure) {
        std::fprintf(stderr, "%s\n", film.failure->message);
        failed++;
        return true;
    }
    const spinexr::prediction found = spinexr::prediction::hold(film.predicted);
    std::printf("%s P(abnormal) %.3f\n", film.path.c_str(), found.probability());
    const std::vector<sx_finding> findings = found.findings();
    for (const sx_finding &box : findings)
        std::printf("  %s %.2f at %.0f,%.0f\n", box.name, static_cast<double>(box.score),
                    static_cast<double>(box.x0), static_cast<double>(box.y0));
    if (!findings.empty()) found.overlay().write_png(out + "/" + found.image_id() + ".png");
    return true;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s FOLDER OUT WEIGHTS...\n", argv[0]);
        return 2;
    }
    try {
        const std::string out = argv[2];
        spinexr::context context;
        spinexr::predictor predictor(context, std::vector<std::string>(argv + 3, argv + argc));
        sx_predict_options film = spinexr::predictor::film_defaults();
        film.keep_picture = true;
        predictor.predict_batch(
            { argv[1] },
            [&](const spinexr::film_result &result) { return print_film(out, result); }, film);
    } catch (const spinexr::error &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    return failed == 0 ? 0 : 1;
}
