/* test_cpp_wrapper WEIGHTS: the classes of spinexr.hpp own, share and free what they should, and
 * exceptions pass through a batch. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <spinexr/spinexr.hpp>

namespace {

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

std::vector<unsigned char> gradient(int width, int height) {
    std::vector<unsigned char> pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            pixels.push_back(static_cast<unsigned char>((x + 2 * y) % 256));
    return pixels;
}

void predictions_outlive_their_predictor(const std::string &weights) {
    const std::vector<unsigned char> pixels = gradient(300, 400);
    const sx_pixel_view view = { pixels.data(), 300, 400, 1, 8, 0 };
    sx_predict_options film = spinexr::predictor::film_defaults();
    film.keep_picture = true;
    std::vector<spinexr::prediction> kept;
    {
        spinexr::context context;
        CHECK(context.threads() >= 1);
        spinexr::predictor first(context, { weights });
        spinexr::predictor moved(std::move(first));
        CHECK(moved.labels().size() == 7);
        CHECK(!moved.note().empty());
        kept.push_back(moved.predict_pixels(view, film));
        kept.push_back(kept[0]);
    }
    kept.erase(kept.begin());
    CHECK(kept[0].width() == 300 && kept[0].height() == 400);
    CHECK(kept[0].probability() >= 0.0 && kept[0].probability() <= 1.0);
    CHECK(kept[0].findings().size() <= kept[0].boxes().size());
    CHECK(kept[0].overlay().channels() == 3);
    CHECK(kept[0].json("x.png").find("\"x.png\"") != std::string::npos);
}

void errors_are_exceptions(const std::string &weights) {
    spinexr::predictor p({ weights });
    try {
        p.predict_file("/nowhere/film.dcm");
        CHECK(!"an error was expected");
    } catch (const spinexr::error &e) {
        CHECK(e.code() == SX_ERR_IO);
        CHECK(std::strncmp(e.what(), "/nowhere/film.dcm: ", 19) == 0);
    }
    const std::vector<unsigned char> pixels = gradient(300, 400);
    const sx_pixel_view view = { pixels.data(), 300, 400, 1, 8, 0 };
    try {
        p.predict_pixels(view).overlay();
        CHECK(!"there is no picture");
    } catch (const spinexr::error &e) {
        CHECK(e.code() == SX_ERR_MISSING);
    }
}

/* the call must be refused: in C the path would end at the NUL byte */
template <typename Call> void refuses_path(Call call) {
    try {
        call();
        CHECK(!"a path with a NUL byte was taken");
    } catch (const spinexr::error &e) {
        CHECK(e.code() == SX_ERR_USAGE && std::strstr(e.what(), "NUL"));
    }
}

void paths_have_no_nul_bytes(const std::string &weights) {
    const std::string tail("\0x", 2);
    const std::vector<unsigned char> pixels = gradient(64, 64);
    const sx_pixel_view view = { pixels.data(), 64, 64, 1, 8, 0 };
    spinexr::predictor p({ weights });
    sx_predict_options film = spinexr::predictor::film_defaults();
    film.keep_picture = true;
    const spinexr::prediction found = p.predict_pixels(view, film);
    refuses_path([&] { spinexr::predictor({ weights + tail }); });
    refuses_path([&] { p.predict_file("film.dcm" + tail); });
    refuses_path([&] { p.predict_memory(pixels.data(), pixels.size(), "a" + tail); });
    refuses_path([&] {
        p.predict_batch({ "/tmp" + tail }, [](const spinexr::film_result &) { return false; });
    });
    refuses_path([&] { found.json("a" + tail); });
    refuses_path([&] { found.overlay().write_png("/tmp/a.png" + tail); });
}

void exceptions_pass_through_a_batch(const std::string &weights) {
    spinexr::predictor p({ weights });
    char folder[] = "/tmp/spinexr-cpp-XXXXXX";
    CHECK(mkdtemp(folder));
    const std::string path = std::string(folder) + "/bad.png";
    std::ofstream(path.c_str()) << "no film";
    int calls = 0;
    bool caught = false;
    try {
        p.predict_batch({ folder }, [&](const spinexr::film_result &film) -> bool {
            calls++;
            CHECK(film.count == 1 && film.path == path && film.failure && !film.predicted);
            throw std::runtime_error("mine");
        });
    } catch (const std::runtime_error &e) {
        caught = std::strcmp(e.what(), "mine") == 0;
    }
    CHECK(calls == 1 && caught);
    try {
        p.predict_batch({ folder }, [](const spinexr::film_result &) { return false; });
        CHECK(!"the batch was stopped");
    } catch (const spinexr::error &e) {
        CHECK(e.code() == SX_ERR_CANCELLED);
    }
    std::remove(path.c_str());
    rmdir(folder);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    predictions_outlive_their_predictor(argv[1]);
    errors_are_exceptions(argv[1]);
    paths_have_no_nul_bytes(argv[1]);
    exceptions_pass_through_a_batch(argv[1]);
    return 0;
}
