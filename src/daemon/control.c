/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of the control socket. Each has one request under way: while its answer is
 * not sent, nothing is read from it, so its peer waits and our memory does not grow. A
 * turn of the loop answers TURN_ANSWERS requests.
 */
#include "daemon/control.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "daemon/control_socket.h"
#include "daemon/turn.h"
#include "ipsec-balancer/control.h"

enum {
	ROOT_CONNECTIONS = 4, /**< of IPB_CONNECTIONS, kept for root */
	ACCEPTS_A_TURN = 4,
};

static const double pause_s = 1.0; /**< no accept after descriptors ran out */

struct control {
	struct ev_loop *loop;
	struct control_socket socket;
	char *path;
	gid_t group;
	const struct rpc_context *rpc;
	uint64_t (*now_ms)(void);
	double idle_s;
	int reserve_fd; /**< given up to refuse a peer when descriptors have run out */
	struct list connections;
	size_t connection_count;
	size_t passed_over;    /**< connections whose request waits for another turn */
	size_t answers;        /**< given in that turn */
	unsigned int answered; /**< the loop's number of that turn */
	ev_io on_accept;
	ev_timer on_resume;
};

struct connection {
	struct list in_control;
	struct control *control;
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
	struct control *control = connection->control;

	control->passed_over -= connection->is_passed_over;
	control->passed_over += is_passed_over;
	connection->is_passed_over = is_passed_over;
}

/** Tells whether the connection's request may be answered in this turn. Those that were
 *  passed over come first, so that nobody who asks all the time keeps the others waiting. */
static bool may_answer(struct connection *connection)
{
	struct control *control = connection->control;
	bool is_next = !control->passed_over || connection->is_passed_over;

	if (control->answered != ev_iteration(control->loop))
		control->answers = 0;
	control->answered = ev_iteration(control->loop);
	if (is_next && control->answers < TURN_ANSWERS) {
		pass_over(connection, false);
		control->answers++;
		return true;
	}
	if (is_next)
		pass_over(connection, true);
	return false;
}

/** Ends a connection. */
static void connection_free(struct connection *connection)
{
	struct control *control = connection->control;

	pass_over(connection, false);
	ev_io_stop(control->loop, &connection->on_io);
	ev_timer_stop(control->loop, &connection->on_idle);
	list_remove(&connection->in_control);
	control->connection_count--;
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
	struct control *control = connection->control;
	size_t length = (size_t)(end - connection->in);
	char *text = rpc_answer(control->rpc, &connection->rights, connection->in, length,
		control->now_ms());

	connection->in_bytes -= length + 1;
	memmove(connection->in, end + 1, connection->in_bytes);
	ev_timer_again(control->loop, &connection->on_idle);
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
	ev_timer_again(connection->control->loop, &connection->on_idle);
	return true;
}

/** Waits for what the connection needs next. With a line left in the buffer that is a
 * turn of its own, which a writable socket gives at once. */
static void io_wait(struct connection *connection)
{
	struct ev_loop *loop = connection->control->loop;
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
static bool has_room(const struct control *control, uid_t uid)
{
	struct list *node, *following;
	size_t of_user = 0;

	if (uid == 0)
		return control->connection_count < IPB_CONNECTIONS;
	if (control->connection_count >= IPB_CONNECTIONS - ROOT_CONNECTIONS)
		return false;
	list_each(node, following, &control->connections)
		of_user += list_owner(node, struct connection, in_control)->uid == uid;
	return of_user < IPB_CONNECTIONS_PER_USER;
}

/** Says that there are too many connections, as far as one packet goes. */
static void refuse(int fd)
{
	char *text = rpc_error(IPB_ERROR_BUSY, "too many connections");

	if (text) {
		size_t length = strlen(text);

		text[length] = '\n';
		(void)!send(fd, text, length + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	free(text);
	close(fd);
}

/** Begins to serve fd, which is closed on failure. */
static void connection_new(struct control *control, int fd)
{
	uid_t uid;
	bool in_group;
	struct connection *connection;

	if (control_peer(fd, control->group, &uid, &in_group) < 0 ||
		!has_room(control, uid)) {
		refuse(fd);
		return;
	}
	connection = malloc(sizeof(*connection));
	if (!connection) {
		refuse(fd);
		return;
	}
	memset(connection, 0, offsetof(struct connection, in));
	bool own = uid == 0 || uid == geteuid();

	connection->control = control;
	connection->fd = fd;
	connection->uid = uid;
	connection->rights = (struct rpc_rights){ .read = own || in_group, .write = own };
	list_append(&control->connections, &connection->in_control);
	control->connection_count++;
	ev_io_init(&connection->on_io, on_io, fd, EV_READ);
	connection->on_io.data = connection;
	ev_io_start(control->loop, &connection->on_io);
	ev_init(&connection->on_idle, on_idle);
	connection->on_idle.repeat = control->idle_s;
	connection->on_idle.data = connection;
	ev_timer_again(control->loop, &connection->on_idle);
}

/** Descriptors have run out: refuses one peer with the spare one, then rests. */
static void out_of_descriptors(struct control *control)
{
	if (control->reserve_fd >= 0) {
		close(control->reserve_fd);
		int fd = accept4(
			control->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			refuse(fd);
		control->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	ev_io_stop(control->loop, &control->on_accept);
	ev_timer_again(control->loop, &control->on_resume);
}

/** Peers want to connect. */
static void on_accept(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct control *control = watcher->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(
			control->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			connection_new(control, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			errno == ENOMEM)
			out_of_descriptors(control);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/** The rest is over. */
static void on_resume(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct control *control = watcher->data;

	(void)events;
	ev_timer_stop(loop, &control->on_resume);
	ev_io_start(loop, &control->on_accept);
}

/** Begins to accept. */
static void accept_start(struct control *control)
{
	ev_io_init(&control->on_accept, on_accept, control->socket.fd, EV_READ);
	control->on_accept.data = control;
	ev_io_start(control->loop, &control->on_accept);
	ev_init(&control->on_resume, on_resume);
	control->on_resume.repeat = pause_s;
	control->on_resume.data = control;
}

/** Opens the socket and begins to serve it. */
int control_new(struct ev_loop *loop, const struct control_settings *settings,
	struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));
	int rc = -ENOMEM;

	if (!control)
		return -ENOMEM;
	list_init(&control->connections);
	control->loop = loop;
	control->rpc = settings->rpc;
	control->now_ms = settings->now_ms;
	control->idle_s = settings->idle_s ? settings->idle_s : IPB_IDLE_S;
	control->path = strdup(settings->path);
	if (!control->path)
		goto free_control;
	rc = control_group_find(settings->group, &control->group);
	if (rc < 0)
		goto free_control;
	rc = control_socket_open(control->path, control->group, &control->socket);
	if (rc < 0)
		goto free_control;
	control->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	accept_start(control);
	*ret_control = control;
	return 0;

free_control:
	free(control->path);
	free(control);
	return rc;
}

/** Ends all connections and removes the socket. */
void control_free(struct control *control)
{
	struct list *node, *following;

	if (!control)
		return;
	list_each(node, following, &control->connections)
		connection_free(list_owner(node, struct connection, in_control));
	ev_io_stop(control->loop, &control->on_accept);
	ev_timer_stop(control->loop, &control->on_resume);
	control_socket_close(&control->socket, control->path);
	if (control->reserve_fd >= 0)
		close(control->reserve_fd);
	free(control->path);
	free(control);
}

/** Connections that are open. */
size_t control_connections(const struct control *control)
{
	return control->connection_count;
}

/** What a negative errno of control_new means. */
const char *control_error_text(int error)
{
	switch (-error) {
	case EADDRINUSE:
		return "another daemon answers there; stop it, or choose another socket";
	case EEXIST:
		return "a file that is no socket stands there; remove it, or choose "
		       "another socket";
	case ESRCH:
		return "socket-group names no group of this system; create it with "
		       "groupadd";
	case EPERM:
		return "cannot give the socket to socket-group; make the daemon's user a "
		       "member "
		       "of that group";
	case EACCES:
		return "no permission in the socket's directory";
	}
	return strerror(-error);
}
