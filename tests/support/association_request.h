/* A correct A-ASSOCIATE-RQ (PS3.8 9.3.2) as bytes, for tests that write to a DICOM port by hand. */
#ifndef TESTS_SUPPORT_ASSOCIATION_REQUEST_H
#define TESTS_SUPPORT_ASSOCIATION_REQUEST_H

#include <stddef.h>
#include <stdint.h>

enum { ASSOCIATION_REQUEST = 1024 };

/* From SENDER to SPINEXR. Contexts: 1 Verification and 3 Digital X-Ray, both Implicit VR Little
 * Endian; 5 Storage Commitment Push Model, with the role of its provider offered. Returns the
 * number of bytes. */
size_t association_request(uint8_t out[ASSOCIATION_REQUEST]);
/* The same with other contexts: 1 as given, and 3 Verification. */
size_t association_request_for(uint8_t out[ASSOCIATION_REQUEST], const char *sop_class,
                               const char *syntax);

#endif
