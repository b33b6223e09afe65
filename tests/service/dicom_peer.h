/* A server of the DICOM port that counts the films it stores, and peers that write bytes to it. */
#ifndef TESTS_SERVICE_DICOM_PEER_H
#define TESTS_SERVICE_DICOM_PEER_H

#include "service/net/dicom_server.h"

/* Seconds until a connection that says nothing is cut, and a film that takes less than a third of
 * them has not waited for one. */
enum { CUT = 60 };
extern double peer_at_once; /* CUT / 3; may be less where the machine does nothing else */

/* For one context and two associations; the films are counted. */
sx_dicom_server_options peer_options(void);
/* Also sets the number of films to 0. */
sx_dicom_server *peer_open(const sx_dicom_server_options *o);
int peer_films_received(void);
/* Sends a film properly, and expects that it is stored at once. */
void peer_expect_served(const sx_dicom_server *s);

/* A connection on which nothing is said yet. */
int peer_connect(const sx_dicom_server *s);
void peer_say(int fd, const void *bytes, size_t n);
/* Whether the other end closes within ten seconds. */
bool peer_is_closed(int fd);
/* A connection with an accepted association. */
int peer_associate(const sx_dicom_server *s);
/* Sends a P-DATA-TF PDU with one value; whether the other end has not closed yet. */
bool peer_send_value(int fd, uint8_t context, uint8_t control, const uint8_t *bytes, size_t n);
/* The length of the next PDU. */
size_t peer_receive_pdu(int fd, uint8_t *out, size_t size);

#endif
