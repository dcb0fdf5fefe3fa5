/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a request line and waits for the line that answers it. It prints nothing.
 */
#include "ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	DEADLINE_S = 30,
	FIRST_BYTES = 65536,
	ANSWER_BYTES = 64 * 1048576, /**< longest that is believed to be an answer */
};

/** Connects. */
int client_open(struct client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval deadline = { .tv_sec = DEADLINE_S };
	size_t length = strlen(path);

	*client = (struct client){ .fd = -1 };
	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd == -1)
		return -errno;
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline,
		    sizeof(deadline)) == -1 ||
		setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &deadline,
			sizeof(deadline)) == -1 ||
		connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
		int error = errno;

		client_close(client);
		return -error;
	}
	return 0;
}

/** Closes. */
void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	free(client->in);
	client->in = NULL;
}

/** Sends all of text. A daemon that closed may have said why: that is read later. */
static int send_all(struct client *client, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t sent = send(client->fd, text, left, MSG_NOSIGNAL);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1 && errno == EPIPE)
			return 0;
		if (sent == -1)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		text += sent;
		left -= (size_t)sent;
	}
	return 0;
}

/** Makes room for more of an answer. */
static int room_make(struct client *client)
{
	size_t room = client->in_room ? client->in_room * 2 : FIRST_BYTES;
	char *in;

	if (client->in_bytes < client->in_room)
		return 0;
	if (room > ANSWER_BYTES)
		return -EPROTO;
	in = realloc(client->in, room);
	if (!in)
		return -ENOMEM;
	client->in = in;
	client->in_room = room;
	return 0;
}

/** Receives until there is a whole line; *ret_length is without its newline. */
static int line_receive(struct client *client, size_t *ret_length)
{
	size_t looked = 0;

	for (;;) {
		char *end = client->in_bytes > looked ? memchr(client->in + looked, '\n',
								client->in_bytes - looked)
						      : NULL;

		if (end) {
			*ret_length = (size_t)(end - client->in);
			return 0;
		}
		looked = client->in_bytes;
		int rc = room_make(client);

		if (rc < 0)
			return rc;
		ssize_t got = recv(client->fd, client->in + client->in_bytes,
			client->in_room - client->in_bytes, 0);

		if (got == -1 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (got == 0)
			return -ECONNRESET;
		if (got > 0)
			client->in_bytes += (size_t)got;
	}
}

/** Writes the request. NULL without memory. */
static char *request_text(struct client *client, const char *method, json_t *params)
{
	json_t *request = json_pack("{ss sI ss so}", "jsonrpc", "2.0", "id",
		++client->last_id, "method", method, "params", params);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	char *line = NULL;

	if (text && asprintf(&line, "%s\n", text) == -1)
		line = NULL;
	free(text);
	json_decref(request);
	return line;
}

/** Takes an answer apart. A refusal may be about no request at all (id null). */
static int answer_read(const struct client *client, const json_t *answer,
	json_t **ret_result, struct client_refusal *refusal)
{
	const json_t *id = json_object_get(answer, "id");
	const json_t *error = json_object_get(answer, "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	if (json_is_object(error)) {
		refusal->code = (int)json_integer_value(json_object_get(error, "code"));
		snprintf(refusal->message, sizeof(refusal->message), "%s",
			message ? message : "no reason given");
		return 1;
	}
	if (json_integer_value(id) != client->last_id)
		return -EPROTO;
	*ret_result = json_incref(json_object_get(answer, "result"));
	return *ret_result ? 0 : -EPROTO;
}

/** Receives the answer to the last request. */
static int answer_receive(struct client *client, json_t **ret_result,
	struct client_refusal *refusal)
{
	size_t length = 0;
	int rc = line_receive(client, &length);

	if (rc < 0)
		return rc;
	json_t *answer = json_loadb(client->in, length, 0, NULL);

	client->in_bytes -= length + 1;
	memmove(client->in, client->in + length + 1, client->in_bytes);
	if (!answer)
		return -EPROTO;
	rc = answer_read(client, answer, ret_result, refusal);
	json_decref(answer);
	return rc;
}

/** Calls method. */
int client_call(struct client *client, const char *method, json_t *params,
	json_t **ret_result, struct client_refusal *refusal)
{
	char *line = request_text(client, method, params);
	int rc = line ? send_all(client, line) : -ENOMEM;

	free(line);
	return rc < 0 ? rc : answer_receive(client, ret_result, refusal);
}
