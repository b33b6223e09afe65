/* A host program that logs through DCMTK's OFLog. */
#ifndef TESTS_SUPPORT_HOST_LOG_H
#define TESTS_SUPPORT_HOST_LOG_H

void host_log_begin(void); /* messages from INFO on are counted */
void host_log_say(const char *message);
int host_log_heard(void); /* messages so far, of the host and of DCMTK */

#endif
