#include "train/start_weights.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "models/init.h"
#include "models/init_adapt.h"
#include "models/init_classes.h"
#include "models/init_resnet.h"

enum { GROUPS = 8 };

/* Tensors that start new, by the part of the network. */
typedef struct group {
    const char *name;
    size_t length; /* of the name */
    size_t count;
} group;

typedef struct start_counts {
    size_t taken, adapted;
    size_t statistics;      /* start new, of norms whose weights were taken */
    size_t other;           /* start new */
    const sx_param *frozen; /* the first of those that is not trained */
    group groups[GROUPS];
    size_t group_count, in_groups;
    sx_str how; /* what was adapted */
} start_counts;

bool sx_start_is_frozen(const char *const *frozen, const char *name) {
    for (const char *const *f = frozen; f && *f; f++)
        if (strstr(name, *f)) return true;
    return false;
}

/* "backbone.fpn_lateral" of backbone.fpn_lateral2.weight: two parts at most, not the last one, and
 * no number at the end. */
static size_t group_length(const char *name) {
    size_t n = strcspn(name, ".");
    if (name[n]) {
        const size_t second = n + 1 + strcspn(name + n + 1, ".");
        if (name[second]) n = second;
    }
    while (n > 1 && (sx_is_digit(name[n - 1]) || name[n - 1] == '.'))
        n--;
    return n;
}

static void add_to_group(start_counts *n, const char *name) {
    const size_t length = group_length(name);
    size_t i = 0;
    while (i < n->group_count &&
           (n->groups[i].length != length || strncmp(n->groups[i].name, name, length) != 0))
        i++;
    n->other++;
    if (i == GROUPS) return;
    if (i == n->group_count) n->groups[n->group_count++] = (group){ name, length, 0 };
    n->groups[i].count++;
    n->in_groups++;
}

/* Files such as Detectron2's R-50.pkl have them folded into the norm's weight and bias. */
static bool is_folded(const sx_weights *from, const sx_param *p) {
    static const char *const kinds[] = { "running_mean", "running_var" };
    char weight[256];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sx_ends_with(p->name, kinds[i])) {
            snprintf(weight, sizeof weight, "%.*sweight", (int)(strlen(p->name) - strlen(kinds[i])),
                     p->name);
            return !sx_weights_find(from, p->name) && sx_weights_find(from, weight);
        }
    return false;
}

static void count_new(const sx_start_options *o, const sx_param *p, start_counts *n) {
    add_to_group(n, p->name);
    if (!n->frozen && sx_start_is_frozen(o->frozen, p->name)) n->frozen = p;
}

static bool take_parameter(const sx_start_options *o, const sx_weights *from,
                           sx_init_classes *classes, size_t i, float *out, start_counts *n,
                           sx_error *err) {
    const sx_param *p = sx_graph_param(o->graph, i);
    sx_error why = { 0 };
    const bool of_classes = sx_init_classes_has(classes, i);
    const sx_init_fit fit =
        of_classes ? sx_init_classes_copy(classes, i, out, &why) : sx_init_copy(from, p, out, &why);
    if (why.code != SX_OK) return sx_fail(err, why.code, "%s", why.message);
    if (fit == SX_INIT_NO_FIT && is_folded(from, p))
        n->statistics++;
    else if (fit == SX_INIT_NO_FIT)
        count_new(o, p, n);
    else
        n->taken++;
    n->adapted += fit == SX_INIT_ADAPTED;
    if (fit == SX_INIT_ADAPTED && !of_classes)
        sx_str_printf(&n->how, "%s%s: %s", n->how.len ? "; " : "", p->name,
                      sx_init_adaptation(from, p));
    return true;
}

/* One value that is not finite would make all outputs useless. */
static bool take_parameters(const sx_start_options *o, const sx_weights *from,
                            sx_init_classes *classes, const sx_weights *start, start_counts *n,
                            sx_error *err) {
    for (size_t i = 0; i < sx_graph_param_count(o->graph); i++) {
        const sx_param *p = sx_graph_param(o->graph, i);
        const sx_tensor *to = sx_weights_find(start, p->name);
        if (p->kind == SX_PARAM_COUNTER)
            n->taken += sx_weights_find(from, p->name) != NULL;
        else if (!take_parameter(o, from, classes, i, (float *)(uintptr_t)to->data, n, err))
            return false;
    }
    return true;
}

static bool fail_none_taken(const sx_start_options *o, const sx_weights *from, sx_error *err) {
    const size_t count = sx_weights_count(from);
    const char *first = count ? sx_tensor_file_name(sx_weights_at(from, 0)) : "-";
    return sx_fail(err, SX_ERR_MISMATCH,
                   "%s: none of its %zu tensors fits %s; the first in the file is %.80s, the "
                   "first of the network %.80s",
                   sx_weights_path(from), count, o->net->arch->name, first,
                   sx_graph_param(o->graph, 0)->name);
}

/* A frozen parameter that starts new would be random for the whole training. */
static bool fail_frozen(const sx_start_options *o, const sx_weights *from, const sx_param *p,
                        sx_error *err) {
    char want[96], got[96], names[SX_TENSOR_NAMES];
    sx_str why = { 0 };
    const sx_tensor *t = sx_weights_find(from, p->name);
    sx_tensor wanted = { .name = p->name, .ndim = p->ndim };
    memcpy(wanted.dims, p->dims, sizeof wanted.dims);
    sx_tensor_shape(&wanted, want, sizeof want);
    if (t)
        sx_str_printf(&why, "it is %s there, the network needs %s",
                      sx_tensor_shape(t, got, sizeof got), want);
    else
        sx_str_printf(&why, "the file does not have it (%s)", want);
    sx_str_add(&why, "; ");
    if (sx_init_resnet_depths(o->net, from, &why)) sx_str_add(&why, "; ");
    sx_fail(err, SX_ERR_MISMATCH,
            "%s: %s would stay random, because it is frozen: %s"
            "--set MODEL.BACKBONE.FREEZE_AT=0 trains it",
            sx_weights_path(from), sx_tensor_names(t ? t : &wanted, names, sizeof names),
            sx_str_text(&why));
    sx_str_free(&why);
    return false;
}

static bool check_taken(const sx_start_options *o, const sx_weights *from, const start_counts *n,
                        sx_error *err) {
    if (!n->taken) return fail_none_taken(o, from, err);
    return !n->frozen || fail_frozen(o, from, n->frozen, err);
}

static void report_depths(const sx_start_options *o, const sx_weights *from) {
    sx_str text = { 0 };
    if (sx_init_resnet_depths(o->net, from, &text))
        sx_log(o->context, SX_LOG_WARNING, "%s: %s", sx_weights_path(from), sx_str_text(&text));
    sx_str_free(&text);
}

static void report_new(const sx_start_options *o, const sx_weights *from, const start_counts *n) {
    sx_str parts = { 0 };
    const size_t all = n->statistics + n->other;
    if (n->statistics)
        sx_str_printf(&parts, "%zu statistics of norms that are folded into their weights",
                      n->statistics);
    for (size_t i = 0; i < n->group_count; i++)
        sx_str_printf(&parts, "%s%zu of %.*s", parts.len ? ", " : "", n->groups[i].count,
                      (int)n->groups[i].length, n->groups[i].name);
    if (n->other > n->in_groups)
        sx_str_printf(&parts, ", %zu of other parts", n->other - n->in_groups);
    if (all)
        sx_log(o->context, SX_LOG_WARNING,
               "%s: %zu %s new, not in the file or of another shape there: %s",
               sx_weights_path(from), all, sx_noun(all, "tensor starts", "tensors start"),
               sx_str_text(&parts));
    sx_str_free(&parts);
}

static void report_classes(const sx_start_options *o, const sx_weights *from,
                           const sx_init_classes *classes) {
    sx_str text = { 0 };
    bool doubtful = false;
    sx_init_classes_describe(classes, &text, &doubtful);
    if (text.len)
        sx_log(o->context, doubtful ? SX_LOG_WARNING : SX_LOG_INFO, "%s: %s", sx_weights_path(from),
               sx_str_text(&text));
    sx_str_free(&text);
}

static void report(const sx_start_options *o, const sx_weights *from, const start_counts *n) {
    char adapted[48] = "";
    if (n->adapted) snprintf(adapted, sizeof adapted, " (%zu adapted)", n->adapted);
    sx_log(o->context, SX_LOG_INFO, "%s: %zu %s taken%s, %zu of the file left",
           sx_weights_path(from), n->taken, sx_noun(n->taken, "tensor", "tensors"), adapted,
           sx_weights_count(from) - n->taken);
    if (n->how.len)
        sx_log(o->context, SX_LOG_INFO, "%s: adapted: %s", sx_weights_path(from),
               sx_str_text(&n->how));
    report_new(o, from, n);
}

sx_weights *sx_start_weights(const sx_start_options *o, const sx_weights *from, sx_error *err) {
    start_counts n = { 0 };
    sx_weights *start = sx_init_weights(o->graph, o->net->arch->train->init, o->seed, err);
    if (!start || !from) return start;
    sx_init_classes *classes = sx_init_classes_new(o->net, o->graph, o->classes, from, err);
    const bool ok = classes && take_parameters(o, from, classes, start, &n, err) &&
                    check_taken(o, from, &n, err);
    if (ok) report(o, from, &n);
    if (ok) report_depths(o, from);
    if (ok) report_classes(o, from, classes);
    sx_init_classes_free(classes);
    sx_str_free(&n.how);
    if (ok) return start;
    sx_weights_free(start);
    return NULL;
}
