/* The attributes that DCMTK's dictionary has. */
#ifndef TESTS_SUPPORT_DICTIONARY_TAGS_H
#define TESTS_SUPPORT_DICTIONARY_TAGS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dictionary_tag {
    uint32_t tag;
    char vr[3];
} dictionary_tag;

/* Fills tags[most] and returns how many there are; without private ones, and those
 * of patient and pixels that a test writes itself. */
size_t dictionary_tags(dictionary_tag *tags, size_t most);

#ifdef __cplusplus
}
#endif
#endif
