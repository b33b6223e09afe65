/* Simulated readers of a data set whose findings are known: which boxes each draws, with which
 * errors, and the agreement that follows from them. */
#ifndef TESTS_SERVICE_SIMULATED_MARKS_H
#define TESTS_SERVICE_SIMULATED_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/manifest.h"

/* The first is the data set itself, the last the adjudicator. */
enum { SIM_TRUTH, SIM_FIRST_READER, SIM_READERS = 3, SIM_ADJUDICATOR = 4, SIM_PEOPLE = 5 };

typedef struct sim_person {
    const char *login;
    double overlook; /* probability that nothing is drawn on a film */
    double miss;     /* probability that a box is not drawn */
    double shift;    /* of every box, as a share of its width */
    double wrong;    /* probability of another class */
} sim_person;
extern const sim_person sim_people[SIM_PEOPLE];

typedef struct sim_mark {
    bool drawn, wrong;
    uint32_t label; /* a class of the data set */
    double corners[4];
} sim_mark;

typedef struct sim_marks {
    const sx_manifest *truth;
    sim_mark *of[SIM_PEOPLE]; /* [truth->box_count] each */
} sim_marks;

/* Draws the readers' errors from the seed. The adjudicator's marks follow from the readers' by the
 * rule: keep what at least two have drawn, at the median corners, as the class of most; of several,
 * the one with the smallest rank[class]. Fails the test without memory. */
void sim_marks_make(const sx_manifest *truth, uint64_t seed, sim_marks *out);
void sim_marks_adjudicate(sim_marks *m, const int64_t *rank);
void sim_marks_free(sim_marks *m);

bool sim_film_is_marked(const sim_marks *m, int person, size_t film);

/* What `eval agreement` must find of two people who drew these marks: marks of one class are paired
 * by falling IoU, from 0.5 on. */
typedef struct sim_agreement {
    size_t first_boxes, second_boxes, paired;
    double mean_iou;
    double same_films; /* share of films that both, or neither, have marked */
} sim_agreement;
sim_agreement sim_expect(const sim_marks *m, int first, int second);

#endif
