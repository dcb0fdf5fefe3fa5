/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each connection has one request under way: while its answer is not sent, nothing is read
 * from it, so its peer waits and our memory does not grow. A turn of the loop answers
 * TURN_ANSWERS requests.
 */
#include "daemon/control_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/turn.h"
#include "ipsec-balancer/control.h"

#define ROOT_CONNECTIONS 4 /**< of IPB_CONNECTIONS, kept for root */

struct connection {
	struct list in_list;
	struct control_connections *all;
	int fd;
	uid_t uid;
	struct rpc_rights rights;
	ev_io on_io;
	ev_timer on_idle;
	char *out; /**< answer not sent yet, or NULL */
	size_t out_bytes;
	size_t out_sent;
	bool ending; /**< close when out is sent */
	bool is_passed_over;
	size_t in_bytes;
	char in[IPB_REQUEST_BYTES + 1]; /**< a line and its newline */
};

/** Notes whether the connection's request waits for another turn. */
static void pass_over(struct connection *connection, bool is_passed_over)
{
	struct control_connections *all = connection->all;

	all->passed_over -= connection->is_passed_over;
	all->passed_over += is_passed_over;
	connection->is_passed_over = is_passed_over;
}

/** Tells whether the connection's request may be answered in this turn. Those that were
 *  passed over come first, so that nobody who asks all the time keeps the others waiting. */
static bool may_answer(struct connection *connection)
{
	struct control_connections *all = connection->all;
	bool is_next = !all->passed_over || connection->is_passed_over;

	if (all->answered != ev_iteration(all->loop))
		all->answers = 0;
	all->answered = ev_iteration(all->loop);
	if (is_next && all->answers < TURN_ANSWERS) {
		pass_over(connection, false);
		all->answers++;
		return true;
	}
	if (is_next)
		pass_over(connection, true);
	return false;
}

/** Ends a connection. */
static void connection_free(struct connection *connection)
{
	struct control_connections *all = connection->all;

	pass_over(connection, false);
	ev_io_stop(all->loop, &connection->on_io);
	ev_timer_stop(all->loop, &connection->on_idle);
	list_remove(&connection->in_list);
	all->count--;
	close(connection->fd);
	free(connection->out);
	free(connection);
}

/** Where the first line in the buffer ends, NULL while it has not come whole. */
static char *line_end(const struct connection *connection)
{
	return memchr(connection->in, '\n', connection->in_bytes);
}

/** Takes text as the answer to send; it has room for a newline in place of its zero. */
static void out_set(struct connection *connection, char *text)
{
	connection->out = text;
	connection->out_bytes = strlen(text) + 1;
	connection->out_sent = 0;
	text[connection->out_bytes - 1] = '\n';
}

/** Answers the first line in the buffer, which ends at end, and takes it out. */
static void line_answer(struct connection *connection, const char *end)
{
	struct control_connections *all = connection->all;
	size_t length = (size_t)(end - connection->in);
	char *text = rpc_answer(all->rpc, &connection->rights, connection->in, length,
		all->now_ms());

	connection->in_bytes -= length + 1;
	memmove(connection->in, end + 1, connection->in_bytes);
	ev_timer_again(all->loop, &connection->on_idle);
	if (text)
		out_set(connection, text);
}

/** Refuses a line that is longer than any request. */
static void line_refuse(struct connection *connection)
{
	char *text = rpc_error(IPB_ERROR_TOO_LONG, "request line too long");

	connection->in_bytes = 0;
	connection->ending = true;
	if (text)
		out_set(connection, text);
}

/** Reads what has come. Returns false when the peer is gone. */
static bool in_receive(struct connection *connection)
{
	size_t room = sizeof(connection->in) - connection->in_bytes;
	ssize_t got =
		recv(connection->fd, connection->in + connection->in_bytes, room, 0);

	if (got == -1)
		return errno == EAGAIN || errno == EINTR;
	connection->in_bytes += (size_t)got;
	return got > 0;
}

/** Sends of the answer what the peer takes. Returns false when the peer is gone. */
static bool out_send(struct connection *connection)
{
	ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
		connection->out_bytes - connection->out_sent, MSG_NOSIGNAL);

	if (sent == -1)
		return errno == EAGAIN || errno == EINTR;
	connection->out_sent += (size_t)sent;
	if (connection->out_sent < connection->out_bytes)
		return true;
	free(connection->out);
	connection->out = NULL;
	ev_timer_again(connection->all->loop, &connection->on_idle);
	return true;
}

/** Waits for what the connection needs next. With a line left in the buffer that is a
 * turn of its own, which a writable socket gives at once. */
static void io_wait(struct connection *connection)
{
	struct ev_loop *loop = connection->all->loop;
	bool busy = connection->out || line_end(connection);

	ev_io_stop(loop, &connection->on_io);
	ev_io_set(&connection->on_io, connection->fd, busy ? EV_WRITE : EV_READ);
	ev_io_start(loop, &connection->on_io);
}

/** One turn of a connection. Returns false when it is to end. */
static bool connection_turn(struct connection *connection, int events)
{
	if (!connection->out) {
		const char *end = line_end(connection);

		if (!end && (events & EV_READ) && !in_receive(connection))
			return false;
		end = line_end(connection);
		if (end && may_answer(connection))
			line_answer(connection, end);
		else if (!end && connection->in_bytes == sizeof(connection->in))
			line_refuse(connection);
	}
	if (connection->out && !out_send(connection))
		return false;
	return connection->out || !connection->ending;
}

/** A connection can be read or written. */
static void on_io(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct connection *connection = watcher->data;

	(void)loop;
	if (connection_turn(connection, events))
		io_wait(connection);
	else
		connection_free(connection);
}

/** A connection brought no request, or took no answer, for too long. */
static void on_idle(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop;
	(void)events;
	connection_free(watcher->data);
}

/** Tells whether one more connection of that user is within the limits. */
static bool has_room(const struct control_connections *all, uid_t uid)
{
	struct list *node, *following;
	size_t of_user = 0;

	if (uid == 0)
		return all->count < IPB_CONNECTIONS;
	if (all->count >= IPB_CONNECTIONS - ROOT_CONNECTIONS)
		return false;
	list_each(node, following, &all->list)
		of_user += list_owner(node, struct connection, in_list)->uid == uid;
	return of_user < IPB_CONNECTIONS_PER_USER;
}

/** Begins to serve fd. */
int control_connection_new(
	struct control_connections *all, int fd, uid_t uid, bool in_group)
{
	struct connection *connection;
	bool own = uid == 0 || uid == geteuid();

	if (!has_room(all, uid))
		return -EBUSY;
	connection = malloc(sizeof(*connection));
	if (!connection)
		return -ENOMEM;
	memset(connection, 0, offsetof(struct connection, in));
	connection->all = all;
	connection->fd = fd;
	connection->uid = uid;
	connection->rights = (struct rpc_rights){ .read = own || in_group, .write = own };
	list_append(&all->list, &connection->in_list);
	all->count++;
	ev_io_init(&connection->on_io, on_io, fd, EV_READ);
	connection->on_io.data = connection;
	ev_io_start(all->loop, &connection->on_io);
	ev_init(&connection->on_idle, on_idle);
	connection->on_idle.repeat = all->idle_s;
	connection->on_idle.data = connection;
	ev_timer_again(all->loop, &connection->on_idle);
	return 0;
}

/** Ends all. */
void control_connection_free_all(struct control_connections *all)
{
	struct list *node, *following;

	list_each(node, following, &all->list)
		connection_free(list_owner(node, struct connection, in_list));
}
