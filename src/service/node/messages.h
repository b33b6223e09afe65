/* Messages between the service and its worker processes, over a socket of this machine. */
#ifndef SX_SERVICE_NODE_MESSAGES_H
#define SX_SERVICE_NODE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"

typedef enum sx_message_kind {
    SX_MESSAGE_HELLO = 1, /* from the worker: the networks are open; text: node/networks.h */
    SX_MESSAGE_PREDICT,   /* to the worker: the film's name, and the open file */
    SX_MESSAGE_RESULT,    /* from the worker: JSON of the prediction (report.md) */
    SX_MESSAGE_PICTURE,   /* after it: store/picture_file.h, with the boxes and then the PNG */
    SX_MESSAGE_ERROR      /* in place of HELLO or of RESULT: code, 4 bytes, and text */
} sx_message_kind;

/* The largest message: a picture of 4096 x 4096. */
enum { SX_MESSAGE_MOST = 64 << 20 };

/* Sends a message; false: the other end is gone. */
bool sx_message_send(int socket, sx_message_kind kind, const void *bytes, size_t n) SX_MUST_USE;
/* The same with an open file, which the other end gets a descriptor of; `file` stays open here. */
bool sx_message_send_file(int socket, sx_message_kind kind, const void *bytes, size_t n,
                          int file) SX_MUST_USE;
bool sx_message_send_error(int socket, const sx_error *error) SX_MUST_USE;

typedef enum sx_message_read {
    SX_MESSAGE_READ,
    SX_MESSAGE_LATE,   /* it is not there as a whole in time */
    SX_MESSAGE_GONE,   /* the other end is gone */
    SX_MESSAGE_BROKEN, /* it is no message */
    SX_MESSAGE_NO_MEMORY
} sx_message_read;

/* Receives a message in *out, which is cleared first. milliseconds < 0: without a limit. A file
 * that comes with it is dropped. */
sx_message_read sx_message_receive(int socket, int milliseconds, sx_message_kind *kind,
                                   sx_str *out) SX_MUST_USE;
/* The same without a limit, with the file; *file -1: none. The caller closes it, also after an
 * error. */
sx_message_read sx_message_receive_file(int socket, sx_message_kind *kind, sx_str *out,
                                        int *file) SX_MUST_USE;
/* The error in an ERROR message; a code that is none becomes SX_ERR_INTERNAL. */
void sx_message_error(const sx_str *message, sx_error *err);

#endif
