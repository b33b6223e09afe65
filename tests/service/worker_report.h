/* Reports of a worker on one film, as text. */
#ifndef TESTS_SERVICE_WORKER_REPORT_H
#define TESTS_SERVICE_WORKER_REPORT_H

#define HASH64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define REPORT(probability, abnormal, findings)                                                    \
    "{\"models\": [{\"sha256\": \"" HASH64 "\"}], \"rule\": {\"kind\": \"operating points\"}, "    \
    "\"studies\": [{\"films\": [{\"probability\": " probability ", \"abnormal\": " abnormal        \
    ", \"findings\": [" findings "]}]}]}"
/* On a film of 60 x 80 pixels it ends below the film. */
#define BOX                                                                                        \
    "{\"name\": \"Osteophytes\", \"label\": 0, \"score\": 0.83, \"box\": [10, 20, 30, 400], "      \
    "\"operating_point\": \"sensitive\", \"despite_verdict\": false}"

#endif
