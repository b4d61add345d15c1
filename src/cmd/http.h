/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP/1.x request on a connection that a super-server has accepted, and its answer.
 * The peer is anybody: its request is bounded in bytes and time, and so is its reading.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MOST 8192		/* bytes of request line and header fields */
#define HTTP_REQUEST_MS 5000		/* until all of them have come */
#define HTTP_ANSWER_MS 10000		/* until all of the answer is taken */

struct http_request {
	bool head;		/* HEAD: the answer's body is left out */
	bool openmetrics;	/* Accept likes that no less than plain text */
	char path[256];		/* without the query */
};

struct http_answer {
	int status;		/* 200, 404, ... */
	const char *type;	/* of the body; NULL: plain text */
	const char *body;
	size_t n;
};

/* Reads one from fd: 0; -EPIPE: the peer went away without one; or the status to refuse it
 * with: 400, 405, 408 (time is up), 431 (too long), 505. */
int http_read(int fd, struct http_request *r);
/* Sends it, and waits a little for the peer to close, so that it can read all of it.
 * 0 or -errno: the peer went away, or did not take it in time. */
int http_send(int out, int in, const struct http_request *r, const struct http_answer *a);
