/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: who connects, and who is refused. One descriptor is kept back so that a
 * peer can be told so when there are no others.
 */
#include "daemon/control.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/control_connection.h"
#include "daemon/control_socket.h"
#include "ipsec-balancer/control.h"

#define ACCEPTS_A_TURN 4

static const double pause_s = 1.0; /**< no accept after descriptors ran out */

struct control {
	struct ev_loop *loop;
	struct control_socket socket;
	char *path;
	gid_t group;
	int reserve_fd; /**< given up to refuse a peer when descriptors have run out */
	struct control_connections connections;
	ev_io on_accept;
	ev_timer on_resume;
};

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
static void admit(struct control *control, int fd)
{
	uid_t uid;
	bool in_group;

	if (control_peer(fd, control->group, &uid, &in_group) < 0 ||
		control_connection_new(&control->connections, fd, uid, in_group) < 0)
		refuse(fd);
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
			admit(control, fd);
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
	control->loop = loop;
	control->connections = (struct control_connections){
		.loop = loop,
		.rpc = settings->rpc,
		.now_ms = settings->now_ms,
		.idle_s = settings->idle_s ? settings->idle_s : IPB_IDLE_S,
	};
	list_init(&control->connections.list);
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
	if (!control)
		return;
	control_connection_free_all(&control->connections);
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
	return control->connections.count;
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
