#include "report/prediction_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/str.h"
#include "data/sampler.h"
#include "image/resize.h"
#include "pipeline/batch.h"
#include "pipeline/predictor_impl.h"
#include "report/overlay_report.h"
#include "report/report_gather.h"

/* Seconds between two saves of the tables during a run. */
static const double save_every = 30;

/* ---- opening ---- */

static bool open_inputs(sx_prediction_run *run, sx_error *err) {
    const sx_prediction_job *job = &run->job;
    if (!sx_inputs_collect(job->context, &run->inputs, job->inputs, job->input_count, job->list,
                           err))
        return false;
    if (job->only && !sx_inputs_select(&run->inputs, job->only, err)) return false;
    return sx_inputs_name(&run->inputs, err) &&
           sx_picture_names_make(&run->names, &run->inputs, job->film.frame, err);
}

/* The faults of the inputs, which an error of the folder must not hide. */
static void log_unreadable(const sx_prediction_run *run) {
    for (size_t i = 0; i < run->inputs.count; i++) {
        const sx_input *item = &run->inputs.items[i];
        sx_error why = { 0 };
        if (item->readable) continue;
        if (item->fault) sx_fail(&why, SX_ERR_MISSING, "%s", item->fault);
        if (!item->fault)
            sx_film_free(sx_film_open(item->path, &(sx_film_options){ .header_only = true }, &why));
        sx_log(run->job.context, SX_LOG_ERROR, "%s", why.message);
    }
}

static bool open_folder(sx_prediction_run *run, sx_error *err) {
    const sx_prediction_job *job = &run->job;
    const sx_report_folder_options how = { .dir = job->out,
                                           .command = job->command,
                                           .overwrite = job->overwrite,
                                           .first = sx_comm_rank(job->comm) == 0 };
    if (!job->out || sx_report_folder_open(&run->folder, &how, err)) return true;
    if (how.first) log_unreadable(run);
    return false;
}

static bool begin_folder(sx_prediction_run *run, sx_error *err) {
    const sx_prediction_job *job = &run->job;
    const sx_report_contents contents = { .tables = job->tables,
                                          .overlays = job->overlays,
                                          .heat_maps = job->film.keep_heat_maps,
                                          .numbers = job->numbers,
                                          .names = (const char *const *)run->names.items,
                                          .count = run->names.count };
    return !job->out || sx_report_folder_begin(&run->folder, &contents, err);
}

static bool open_networks(sx_prediction_run *run, sx_error *err) {
    const sx_prediction_job *job = &run->job;
    const double start = sx_now();
    run->predictor =
        sx_predictor_new(job->context, job->weights, job->weight_count, &job->predictor, err);
    if (!run->predictor) return false;
    sx_log(job->context, SX_LOG_DEBUG, "networks opened in %.2f s", sx_now() - start);
    sx_bundle_info *info = run->predictor->info;
    run->report.info = sx_bundle_info_hold(info);
    run->report.run.precision = info->networks[0].precision == SX_PRECISION_BF16 ? "bf16" : "f32";
    if (job->check_networks && !job->check_networks(job->user, info, err)) return false;
    return !job->film.keep_heat_maps || info->classifier_count > 0 ||
           sx_fail(err, SX_ERR_USAGE,
                   "there is no classifier among the weights: nothing to explain");
}

bool sx_prediction_run_open(sx_prediction_run *run, const sx_prediction_job *job, int argc,
                            char **argv, sx_error *err) {
    *run = (sx_prediction_run){ .job = *job, .folder = { .reserve = -1 } };
    run->job.film.keep_picture = job->out && job->overlays;
    sx_run_start(&run->report.run, job->context, argc, argv);
    bool ok = open_inputs(run, err) && open_networks(run, err) && open_folder(run, err);
    ok = sx_comm_all_succeeded(job->comm, ok, err) && begin_folder(run, err);
    if (sx_comm_all_succeeded(job->comm, ok, err)) return true;
    sx_prediction_run_close(run);
    return false;
}

void sx_prediction_run_close(sx_prediction_run *run) {
    sx_report_folder_close(&run->folder, run->finished);
    sx_report_free(&run->report);
    sx_predictor_free(run->predictor);
    sx_picture_names_free(&run->names);
    sx_inputs_free(&run->inputs);
    *run = (sx_prediction_run){ .folder = { .reserve = -1 } };
}

/* ---- films ---- */

/* The state of the pictures of a film in progress; written by the thread that draws it. */
typedef struct drawing {
    bool overlay, heat_map;
} drawing;

typedef struct running {
    sx_prediction_run *run;
    size_t begin, end; /* this rank's films */
    drawing *drawings; /* [end - begin] */
    sx_progress bar;
    double saved;
} running;

static const char *name_of(const running *r, const sx_batch_film *film) {
    return r->run->names.items[r->begin + film->index];
}

static bool draw_film(void *user, const sx_context *context, sx_batch_film *film, sx_error *err) {
    running *r = user;
    const sx_prediction_job *job = &r->run->job;
    const sx_report_folder *folder = &r->run->folder;
    drawing *d = &r->drawings[film->index];
    const double usual = sx_overlay_min_score(r->run->report.info),
                 least = job->min_score < 0 ? usual : job->min_score;
    bool ok = true;
    if (job->overlays)
        ok = d->overlay = sx_report_folder_overlay(folder, context, film->prediction, least,
                                                   name_of(r, film), err);
    if (job->film.keep_heat_maps) {
        d->heat_map = sx_report_folder_heat(folder, film->prediction, job->numbers,
                                            name_of(r, film), ok ? err : NULL);
        ok = ok && d->heat_map;
    }
    return ok;
}

/* Only the rank that writes the report saves it. A failure here is not an error, because the save
 * at the end may succeed. */
static void save_tables(running *r) {
    sx_error why = { 0 };
    sx_prediction_run *run = r->run;
    if (!run->job.out || !run->job.tables || sx_comm_rank(run->job.comm) > 0 ||
        sx_now() - r->saved <= save_every)
        return;
    if (!sx_report_folder_tables(&run->folder, &run->report, false, &why))
        sx_log(run->job.context, SX_LOG_WARNING, "%s", why.message);
    r->saved = sx_now();
}

static bool add_film(running *r, sx_batch_film *film, sx_error *err) {
    char overlay[SX_PICTURE_NAME], heat_map[SX_PICTURE_NAME];
    const drawing *d = &r->drawings[film->index];
    snprintf(overlay, sizeof overlay, "overlays/%s.png", name_of(r, film));
    snprintf(heat_map, sizeof heat_map, "heat/%s.png", name_of(r, film));
    const sx_report_pictures pictures = { d->overlay ? overlay : NULL,
                                          d->heat_map ? heat_map : NULL, film->draw_seconds };
    sx_prediction *prediction = film->prediction;
    film->prediction = NULL;
    return sx_report_add(&r->run->report, film->source->path, prediction, &film->error, &pictures,
                         err);
}

static bool finish_film(void *user, sx_batch_film *film, sx_error *err) {
    running *r = user;
    const sx_prediction_job *job = &r->run->job;
    sx_report *report = &r->run->report;
    const bool refused = film->error.code == SX_ERR_REFUSED;
    if (!film->prediction)
        sx_log(job->context, refused ? SX_LOG_WARNING : SX_LOG_ERROR, "%s", film->error.message);
    if (film->draw_error.code) {
        sx_log(job->context, SX_LOG_ERROR, "%s", film->draw_error.message);
        r->run->lost_pictures++;
    }
    if (!add_film(r, film, err)) return false;
    sx_report_film *added = &report->films[report->film_count - 1];
    if (job->film_done) job->film_done(job->user, added);
    if (added->prediction) sx_prediction_drop_pictures(added->prediction);
    sx_progress_step(&r->bar, 1);
    save_tables(r);
    return true;
}

static bool run_share(running *r, sx_error *err) {
    sx_prediction_run *run = r->run;
    const size_t count = r->end - r->begin;
    sx_film_source *sources = sx_calloc_for(count + 1, sizeof *sources, "a list of films", err);
    r->drawings = sx_calloc_for(count + 1, sizeof *r->drawings, "a list of films", err);
    bool ok = sources && r->drawings;
    for (size_t i = 0; ok && i < count; i++) {
        const sx_input *item = &run->inputs.items[r->begin + i];
        sources[i] = (sx_film_source){ .path = item->path, .id = item->id, .fault = item->fault };
    }
    const bool pictures = run->job.out && (run->job.overlays || run->job.film.keep_heat_maps);
    const sx_batch batch = { .predictor = run->predictor,
                             .sources = sources,
                             .count = count,
                             .options = run->job.film,
                             .draw = pictures ? draw_film : NULL,
                             .done = finish_film,
                             .user = r,
                             .helpers = -1 };
    ok = ok && sx_batch_run(&batch, &run->report.stopped, err);
    if (!ok) run->report.stopped = true;
    free(sources);
    free(r->drawings);
    return ok;
}

static bool predict_share(sx_prediction_run *run, sx_error *err) {
    running r = { .run = run, .saved = sx_now() };
    sx_shard(run->inputs.count, sx_comm_rank(run->job.comm), sx_comm_size(run->job.comm), &r.begin,
             &r.end);
    sx_progress_start(&r.bar, run->job.context, "films", r.end - r.begin);
    const bool ok = run_share(&r, err);
    sx_progress_end(&r.bar);
    return ok;
}

/* ---- the whole run ---- */

/* The films of all ranks in rank 0's report. */
static bool gather(sx_prediction_run *run, sx_error *err) {
    sx_report *report = &run->report;
    const size_t mine = report->film_count;
    double lost = (double)run->lost_pictures;
    sx_comm_sum(run->job.comm, &lost, 1);
    run->lost_pictures = (size_t)lost;
    const bool ok = sx_report_gather(report, run->job.comm, err);
    for (size_t i = mine; run->job.film_done && i < report->film_count; i++)
        run->job.film_done(run->job.user, &report->films[i]);
    return ok;
}

bool sx_prediction_run_films(sx_prediction_run *run, sx_error *err) {
    sx_error later = { 0 };
    const bool first = sx_comm_rank(run->job.comm) == 0;
    bool ok = predict_share(run, err);
    /* finished films are written even if the run ended early */
    if (!gather(run, ok ? err : &later)) ok = false;
    if (run->job.out && run->job.tables && first &&
        !sx_report_folder_tables(&run->folder, &run->report, true, ok ? err : &later))
        ok = false;
    ok = sx_comm_all_succeeded(run->job.comm, ok, err);
    /* a folder in which nothing was predicted is replaced by the next run without --overwrite */
    run->finished = ok && sx_report_done(&run->report) > 0;
    return ok;
}

bool sx_prediction_run_incomplete(const sx_prediction_run *run) {
    return sx_report_failed(&run->report) > 0 || sx_report_done(&run->report) == 0 ||
           run->lost_pictures > 0 || run->report.stopped;
}

/* Whether every detector sees the film at less than 1 / SX_SHRUNK of its size. */
static bool is_shrunk(const sx_bundle_info *info, const sx_prediction *p) {
    int width, height;
    bool shrunk = sx_bundle_info_has_detector(info);
    for (int i = info->classifier_count; i < info->network_count; i++) {
        const sx_network_info *n = &info->networks[i];
        sx_resize_shortest(p->width, p->height, n->input_width, n->input_height, &width, &height);
        shrunk = shrunk && p->width > SX_SHRUNK * width;
    }
    return shrunk;
}

size_t sx_prediction_run_shrunk(const sx_prediction_run *run) {
    const sx_report *r = &run->report;
    size_t count = 0;
    if (run->job.film.no_detector || sx_bundle_info_tiles(r->info) > 1) return 0;
    for (size_t i = 0; i < r->film_count; i++)
        count += r->films[i].prediction && is_shrunk(r->info, r->films[i].prediction);
    return count;
}

static void add_rule(sx_str *out, const sx_bundle_info *info) {
    if (!sx_bundle_info_has_detector(info)) return;
    if (info->rule.kind == SX_RULE_POINTS)
        sx_str_printf(out, ", findings from the %s operating point",
                      info->rule.least == SX_POINT_SPECIFIC ? "specific" : "sensitive");
    else if (info->rule.kind == SX_RULE_ALL)
        sx_str_add(out, ", every box listed");
    else if (info->rule.points)
        sx_str_add(out, ", the paper's rule");
    else
        sx_str_printf(out, ", no operating point%s",
                      info->classifier_count ? "" : " (model calibrate fits it)");
}

/* Four digits, or more where they would round a threshold to 1, which no film reaches. */
static int digits_of(double threshold) {
    enum { USUAL = 4, MOST = 17 };
    int digits = USUAL;
    for (double unit = 0.5e-4; digits < MOST && threshold < 1 && threshold + unit >= 1; unit /= 10)
        digits++;
    return digits;
}

void sx_prediction_run_text(const sx_prediction_run *run, sx_str *out) {
    const sx_report *r = &run->report;
    const size_t failed = sx_report_failed(r), refused = sx_report_refused(r),
                 done = sx_report_done(r);
    sx_str_printf(out, "%zu %s", done, sx_noun(done, "film", "films"));
    if (r->info->classifier_count)
        sx_str_printf(out, ", %zu abnormal (P(abnormal) >= %.*g)", sx_report_abnormal(r),
                      digits_of(r->info->rule.threshold), r->info->rule.threshold);
    if (sx_report_unfamiliar(r)) sx_str_printf(out, ", %zu unfamiliar", sx_report_unfamiliar(r));
    if (!run->job.film.no_detector) add_rule(out, r->info);
    if (refused) sx_str_printf(out, ", %zu refused", refused);
    if (failed) sx_str_printf(out, ", %zu failed", failed);
    if (run->lost_pictures) sx_str_printf(out, ", pictures of %zu not written", run->lost_pictures);
    if (run->inputs.passed_over)
        sx_str_printf(out, ", %zu other %s passed over", run->inputs.passed_over,
                      sx_noun(run->inputs.passed_over, "file", "files"));
    if (r->stopped) sx_str_add(out, ", stopped before the rest");
}
