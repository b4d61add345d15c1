/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No more of HTTP than a scrape needs (RFC 9110, 9112).  The connection is used once, so
 * there is no framing of a second request to get wrong, and a body is never looked at.
 */
#include "cmd/http.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

/* A pipe with room for this much never blocks; pipe(7). */
#define PIECE 4096
#define LINGER_MS 1000
#define LINGER_MOST 65536

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whatever it is that has come, an end or an error too, the next call will not block. */
static bool ready(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = until_ms - now_ms();
		int got = poll(&p, 1, left > 0 ? (int)left : 0);

		if (got >= 0 || errno != EINTR)
			return got > 0;
		if (left <= 0)
			return false;
	}
}

/* Bytes up to and with the empty line that ends the head; 0: it is not there yet. */
static size_t head_length(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			continue;
		if (i + 1 < n && bytes[i + 1] == '\n')
			return i + 2;
		if (i + 2 < n && bytes[i + 1] == '\r' && bytes[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static int read_head(int fd, char *head, size_t *n)
{
	int64_t until = now_ms() + HTTP_REQUEST_MS;
	size_t have = 0, length;

	while (!(length = head_length(head, have))) {
		ssize_t got;

		if (have == HTTP_REQUEST_MOST)
			return 431;
		if (!ready(fd, POLLIN, until))
			return have ? 408 : -EPIPE;
		got = read(fd, head + have, HTTP_REQUEST_MOST - have);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return have && !got ? 400 : -EPIPE;
		have += (size_t)got;
	}
	*n = length;
	return 0;
}

static struct text next_line(struct text *rest)
{
	struct text line = { rest->at, 0 };

	text_line(rest, &line);
	if (line.n && line.at[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool same_word(struct text t, const char *word)
{
	return t.n == strlen(word) && !strncasecmp(t.at, word, t.n);
}

/* Cuts up to the separator off *rest; what is behind it is left. */
static struct text cut(struct text *rest, char separator)
{
	const char *at = memchr(rest->at, separator, rest->n);
	struct text piece = { rest->at, at ? (size_t)(at - rest->at) : rest->n };

	rest->at += at ? piece.n + 1 : piece.n;
	rest->n -= at ? piece.n + 1 : piece.n;
	return text_trim(piece);
}

/* "q=0.75" in thousandths; what is none counts as 1. */
static unsigned quality(struct text t)
{
	unsigned q = 0, unit = 1000;

	for (size_t i = 0; i < t.n; i++) {
		if (t.at[i] == '.' && i == 1)
			continue;
		if (t.at[i] < '0' || t.at[i] > '9' || (!i && t.at[i] > '1'))
			return 1000;
		q += (unsigned)(t.at[i] - '0') * unit;
		unit /= 10;
	}
	return q > 1000 ? 1000 : q;
}

static void take_range(struct text range, unsigned *open, unsigned *plain)
{
	struct text type = cut(&range, ';');
	unsigned q = 1000;
	bool other_version = false;

	while (range.n) {
		struct text value = cut(&range, ';'), name = cut(&value, '=');

		if (same_word(name, "q"))
			q = quality(value);
		else if (same_word(name, "version"))
			other_version = !text_is(value, "1.0.0");
	}
	if (same_word(type, "application/openmetrics-text") && !other_version)
		*open = q > *open ? q : *open;
	else if (same_word(type, "text/plain"))
		*plain = q > *plain ? q : *plain;
}

/* Plain text is the answer to whoever did not ask for anything else by name. */
static bool likes_openmetrics(struct text fields)
{
	unsigned open = 0, plain = 0;

	while (fields.n) {
		struct text line = next_line(&fields);
		struct text name = cut(&line, ':');

		while (same_word(name, "accept") && line.n)
			take_range(cut(&line, ','), &open, &plain);
	}
	return open && open >= plain;
}

/* "/metrics?x", and with the proxy's form of it, without the query. */
static int take_path(struct http_request *r, struct text target)
{
	struct text at = target;

	if (at.n > 7 && !strncasecmp(at.at, "http://", 7)) {
		at = (struct text){ at.at + 7, at.n - 7 };
		while (at.n && *at.at != '/')
			at = (struct text){ at.at + 1, at.n - 1 };
	}
	if (!at.n || *at.at != '/')
		return 400;
	at = cut(&at, '?');
	/* what is longer is no path of ours anyway */
	snprintf(r->path, sizeof(r->path), "%.*s", (int)(at.n < 255 ? at.n : 255), at.at);
	return 0;
}

static int parse(const char *head, size_t n, struct http_request *r)
{
	struct text rest = { head, n }, line = next_line(&rest);
	struct text method = cut(&line, ' '), target = cut(&line, ' '), fields = rest;
	int status;

	if (memchr(head, '\0', n) || !method.n || !target.n)
		return 400;
	if (line.n != 8 || !text_starts(line, "HTTP/"))
		return 400;
	if (!text_starts(line, "HTTP/1."))
		return 505;
	while (fields.n) {
		struct text field = next_line(&fields);

		/* folded lines are obsolete, and a blank before the colon is an attack */
		if (field.n && (memchr(" \t:", *field.at, 3) || !memchr(field.at, ':', field.n)))
			return 400;
	}
	status = take_path(r, target);
	if (status)
		return status;
	r->openmetrics = likes_openmetrics(rest);
	r->head = text_is(method, "HEAD");
	return r->head || text_is(method, "GET") ? 0 : 405;
}

int http_read(int fd, struct http_request *r)
{
	char head[HTTP_REQUEST_MOST];
	size_t n = 0;
	int status = read_head(fd, head, &n);

	*r = (struct http_request){ .head = false };
	return status ? status : parse(head, n, r);
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Service Unavailable";
	}
}

static int send_all(int fd, const char *bytes, size_t n, int64_t until)
{
	while (n) {
		size_t piece = n < PIECE ? n : PIECE;
		ssize_t got;

		if (!ready(fd, POLLOUT, until))
			return -ETIMEDOUT;
		got = send(fd, bytes, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (got < 0 && errno == ENOTSOCK)
			got = write(fd, bytes, piece);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (got > 0) {
			bytes += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

/* To close a socket with bytes in it that were not read makes the kernel send a reset, and
 * that can overtake the answer. */
static void linger(int out, int in)
{
	int64_t until = now_ms() + LINGER_MS;
	char waste[4096];
	size_t sum = 0;

	if (shutdown(out, SHUT_WR))
		return;
	while (sum < LINGER_MOST && ready(in, POLLIN, until)) {
		ssize_t got = read(in, waste, sizeof(waste));

		if (got <= 0)
			return;
		sum += (size_t)got;
	}
}

int http_send(int out, int in, const struct http_request *r, const struct http_answer *a)
{
	int64_t until = now_ms() + HTTP_ANSWER_MS;
	time_t now = time(NULL);
	char head[512], date[64];
	struct tm tm;
	int n, err;

	signal(SIGPIPE, SIG_IGN);
	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof(date), "%a, %d %b %Y %T GMT", &tm))
		strcpy(date, "Thu, 01 Jan 1970 00:00:00 GMT");
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
		     "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
		     a->status, reason(a->status), date,
		     a->type ? a->type : "text/plain; charset=utf-8", a->n,
		     a->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	err = send_all(out, head, (size_t)n, until);
	if (!err && !r->head)
		err = send_all(out, a->body, a->n, until);
	if (!err)
		linger(out, in);
	return err;
}
