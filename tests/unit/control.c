/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket, over a real socket in a directory of its own: what clients that are
 * slow, silent, greedy or broken can do, which is little.
 */
#include "daemon/control.h"

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/scheduler.h"
#include "daemon/control_socket.h"
#include "ipsec-balancer/control.h"
#include "tests/unit/unit.h"

#define VERSION "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"show.version\"}\n"
#define STATS "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"show.stats\"}\n"
#define TURNS 5000 /**< of the loop, before a test gives up */

struct fixture {
	char directory[32];
	char path[64];
	struct config config;
	struct config_service service;
	struct config_server server;
	struct rpc_context rpc;
	struct ev_loop *loop;
	struct control *control;
	unsigned int idle_s; /**< 0: as in life, too long for a test to meet */
};

/** A clock that stands: nothing here depends on it. */
static uint64_t now_ms(void)
{
	return 5000;
}

/** Opens the control socket; the error is the caller's to judge. */
static int control_open(
	struct fixture *fixture, const char *group, struct control **control)
{
	struct control_settings settings = {
		.path = fixture->path,
		.group = group,
		.rpc = &fixture->rpc,
		.now_ms = now_ms,
		.idle_s = fixture->idle_s,
	};

	return control_new(fixture->loop, &settings, control);
}

/** Makes a directory, a director and a loop. */
static void fixture_prepare(struct fixture *fixture)
{
	struct hash_key key = { { 1, 2 } };

	memset(fixture, 0, sizeof(*fixture));
	strcpy(fixture->directory, "/tmp/ipb-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/run/s", fixture->directory);
	config_defaults(&fixture->config);
	strcpy(fixture->service.name, "vpn");
	strcpy(fixture->server.name, "gw1");
	fixture->service.scheduler = &scheduler_wlc;
	fixture->service.servers = &fixture->server;
	fixture->service.server_count = 1;
	fixture->config.services = &fixture->service;
	fixture->config.service_count = 1;
	fixture->config.max_entries = 16;
	fixture->rpc.config = &fixture->config;
	ck_assert_int_eq(
		director_new(&fixture->config, &key, NULL, &fixture->rpc.director), 0);
	fixture->loop = ev_loop_new(EVFLAG_AUTO);
}

/** The same with the socket open. */
static void fixture_open(struct fixture *fixture)
{
	fixture_prepare(fixture);
	ck_assert_int_eq(control_open(fixture, "", &fixture->control), 0);
}

/** Removes all of it. */
static void fixture_close(struct fixture *fixture)
{
	char run[64];

	control_free(fixture->control);
	director_free(fixture->rpc.director);
	ev_loop_destroy(fixture->loop);
	ck_assert_int_eq(access(fixture->path, F_OK), -1);
	snprintf(run, sizeof(run), "%s/run", fixture->directory);
	rmdir(run);
	ck_assert_int_eq(rmdir(fixture->directory), 0);
}

/** Connects as a client. */
static int client_open(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	strcpy(address.sun_path, fixture->path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/** Sends text whole. */
static void client_send(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/** Turns the loop until fd has something to read. */
static void loop_until_readable(struct fixture *fixture, int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	for (int i = 0; i < TURNS; i++) {
		ev_run(fixture->loop, EVRUN_NOWAIT);
		if (poll(&readable, 1, i < 100 ? 0 : 1) == 1)
			return;
	}
	ck_abort_msg("no answer");
}

/** Receives one line into out, without its newline; returns false at the end. */
static bool client_line(struct fixture *fixture, int fd, char *out, size_t out_bytes)
{
	size_t used = 0;

	while (used < out_bytes) {
		ssize_t got = recv(fd, out + used, 1, 0);

		if (got == 1 && out[used++] == '\n') {
			out[used - 1] = '\0';
			return true;
		}
		if (got == 0 || (got == -1 && errno != EAGAIN))
			return false;
		if (got == -1)
			loop_until_readable(fixture, fd);
	}
	ck_abort_msg("line too long");
	return false;
}

/** Receives one line, which must hold text. */
static void client_expect(struct fixture *fixture, int fd, const char *text)
{
	static char line[65536];

	ck_assert(client_line(fixture, fd, line, sizeof(line)));
	ck_assert_msg(strstr(line, text) != NULL, "%s, expected %s", line, text);
}

/** Receives the end of the connection. */
static void client_expect_end(struct fixture *fixture, int fd)
{
	char line[1024];

	ck_assert(!client_line(fixture, fd, line, sizeof(line)));
	close(fd);
}

/** A request that comes byte by byte is answered like one that comes at once. */
START_TEST(lines_come_in_pieces)
{
	struct fixture fixture;

	fixture_open(&fixture);
	int fd = client_open(&fixture);

	for (const char *byte = VERSION; *byte; byte++) {
		ck_assert_int_eq(send(fd, byte, 1, MSG_NOSIGNAL), 1);
		ev_run(fixture.loop, EVRUN_NOWAIT);
	}
	client_expect(&fixture, fd, "\"protocol\":1");
	client_send(fd, VERSION);
	client_expect(&fixture, fd, "\"protocol\":1");
	close(fd);
	fixture_close(&fixture);
}
END_TEST

/** Requests in one piece are answered one by one, also when the client has ended its
 * side. */
START_TEST(requests_are_answered_in_order)
{
	struct fixture fixture;
	char id[32];
	char line[128];

	fixture_open(&fixture);
	int fd = client_open(&fixture);

	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"show.version\"}\n",
			i);
		client_send(fd, line);
	}
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "\"id\":%d,", i);
		client_expect(&fixture, fd, id);
	}
	client_expect_end(&fixture, fd);
	fixture_close(&fixture);
}
END_TEST

/** Garbage is an error, not the end. */
START_TEST(garbage_is_answered)
{
	struct fixture fixture;

	fixture_open(&fixture);
	int fd = client_open(&fixture);

	client_send(fd, "\x7f\x45\x4c\x46 garbage\n\n[]\n" VERSION);
	client_expect(&fixture, fd, "-32700");
	client_expect(&fixture, fd, "-32700");
	client_expect(&fixture, fd, "-32600");
	client_expect(&fixture, fd, "\"protocol\":1");
	close(fd);
	fixture_close(&fixture);
}
END_TEST

/** The longest line is still read; one byte more ends the connection. */
START_TEST(long_lines_are_refused)
{
	static char line[IPB_REQUEST_BYTES + 2];
	struct fixture fixture;

	fixture_open(&fixture);
	int fd = client_open(&fixture);

	memset(line, ' ', IPB_REQUEST_BYTES);
	line[IPB_REQUEST_BYTES] = '\n';
	client_send(fd, line);
	client_expect(&fixture, fd, "-32700");
	line[IPB_REQUEST_BYTES] = ' ';
	client_send(fd, line);
	client_expect(&fixture, fd, "-32004");
	client_expect_end(&fixture, fd);
	fixture_close(&fixture);
}
END_TEST

/** A silent client, and one that drips, are closed; others are served meanwhile. */
START_TEST(silent_clients_are_closed)
{
	struct fixture fixture;

	fixture_prepare(&fixture);
	fixture.idle_s = 1;
	ck_assert_int_eq(control_open(&fixture, "", &fixture.control), 0);
	int silent = client_open(&fixture);
	int dripping = client_open(&fixture);
	int busy = client_open(&fixture);

	client_send(busy, VERSION);
	client_expect(&fixture, busy, "\"protocol\":1");
	ck_assert_uint_eq(control_connections(fixture.control), 3);
	for (int i = 0; control_connections(fixture.control) > 0; i++) {
		ck_assert_int_lt(i, TURNS);
		(void)!send(dripping, " ", 1, MSG_NOSIGNAL);
		ev_run(fixture.loop, EVRUN_NOWAIT);
		poll(NULL, 0, 10);
	}
	client_expect_end(&fixture, silent);
	close(dripping);
	close(busy);
	fixture_close(&fixture);
}
END_TEST

/** A client that asks and does not read has to stop asking; others are served, and it
 * gets its answers when it reads. */
START_TEST(slow_reader_waits)
{
	struct fixture fixture;
	size_t asked = 0, answered = 0;
	char line[32768];

	fixture_open(&fixture);
	int slow = client_open(&fixture);
	int other = client_open(&fixture);

	for (int i = 0; i < TURNS; i++) {
		ssize_t sent = send(slow, STATS, strlen(STATS), MSG_NOSIGNAL);

		if (sent == -1 && errno == EAGAIN)
			break;
		ck_assert_int_eq(sent, strlen(STATS));
		asked++;
		ev_run(fixture.loop, EVRUN_NOWAIT);
	}
	ck_assert_uint_lt(asked, TURNS);
	client_send(other, VERSION);
	client_expect(&fixture, other, "\"protocol\":1");
	shutdown(slow, SHUT_WR);
	while (client_line(&fixture, slow, line, sizeof(line)))
		answered++;
	ck_assert_uint_eq(answered, asked);
	close(slow);
	close(other);
	fixture_close(&fixture);
}
END_TEST

/** One connection too many is told so; when one ends there is room again. */
START_TEST(connections_are_limited)
{
	struct fixture fixture;
	int limit = geteuid() == 0 ? IPB_CONNECTIONS : IPB_CONNECTIONS_PER_USER;
	int fds[IPB_CONNECTIONS];

	fixture_open(&fixture);
	for (int i = 0; i < limit; i++) {
		fds[i] = client_open(&fixture);
		client_send(fds[i], VERSION);
		client_expect(&fixture, fds[i], "\"protocol\":1");
	}
	int extra = client_open(&fixture);

	client_expect(&fixture, extra, "-32003");
	client_expect_end(&fixture, extra);
	close(fds[0]);
	for (int i = 0; control_connections(fixture.control) == (size_t)limit; i++) {
		ck_assert_int_lt(i, TURNS);
		ev_run(fixture.loop, EVRUN_NOWAIT);
	}
	fds[0] = client_open(&fixture);
	client_send(fds[0], VERSION);
	client_expect(&fixture, fds[0], "\"protocol\":1");
	for (int i = 0; i < limit; i++)
		close(fds[i]);
	fixture_close(&fixture);
}
END_TEST

/** A client that goes away in the middle takes nothing with it. */
START_TEST(client_goes_away)
{
	struct fixture fixture;

	fixture_open(&fixture);
	for (int i = 0; i < 40; i++) {
		int fd = client_open(&fixture);

		client_send(fd, STATS STATS "{\"half");
		if (i % 2)
			ev_run(fixture.loop, EVRUN_NOWAIT);
		close(fd);
		ev_run(fixture.loop, EVRUN_NOWAIT);
	}
	int fd = client_open(&fixture);

	client_send(fd, VERSION);
	client_expect(&fixture, fd, "\"protocol\":1");
	close(fd);
	fixture_close(&fixture);
}
END_TEST

/** Without descriptors peers are refused, and served again when there are some. */
START_TEST(descriptors_run_out)
{
	struct rlimit before, none;
	struct fixture fixture;

	fixture_open(&fixture);
	int one = client_open(&fixture);
	int other = client_open(&fixture);

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)other + 1; /* the reserve is below, and is given up */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	client_expect(&fixture, one, "-32003");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	client_send(other, VERSION);
	client_expect(&fixture, other, "\"protocol\":1");
	close(one);
	close(other);
	fixture_close(&fixture);
}
END_TEST

/** The socket is root's alone, and a second daemon cannot take it. */
START_TEST(socket_is_ours)
{
	struct fixture fixture;
	struct stat status;
	struct control *second = NULL;

	fixture_open(&fixture);
	ck_assert_int_eq(stat(fixture.path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	ck_assert_int_eq(control_open(&fixture, "", &second), -EADDRINUSE);
	ck_assert_ptr_null(second);
	int fd = client_open(&fixture);

	client_send(fd, VERSION);
	client_expect(&fixture, fd, "\"protocol\":1");
	close(fd);
	fixture_close(&fixture);
}
END_TEST

/** With a group the socket is that group's too. */
START_TEST(group_may_connect)
{
	struct fixture fixture;
	struct stat status;

	if (geteuid() != 0)
		return;
	fixture_prepare(&fixture);
	ck_assert_int_eq(
		control_open(&fixture, "no-such-group-here", &fixture.control), -ESRCH);
	ck_assert_int_eq(control_open(&fixture, "daemon", &fixture.control), 0);
	ck_assert_int_eq(stat(fixture.path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0660);
	ck_assert_uint_ne(status.st_gid, getegid());
	fixture_close(&fixture);
}
END_TEST

/** What a dead daemon left is replaced; anything else that stands there is not. */
START_TEST(only_stale_sockets_are_replaced)
{
	struct fixture fixture;
	struct control_socket left;

	fixture_prepare(&fixture);
	ck_assert_int_eq(control_socket_open(fixture.path, CONTROL_NO_GROUP, &left), 0);
	close(left.fd); /* as a crash does: the file stays */
	ck_assert_int_eq(control_open(&fixture, "", &fixture.control), 0);
	control_free(fixture.control);
	fixture.control = NULL;

	FILE *file = fopen(fixture.path, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(control_open(&fixture, "", &fixture.control), -EEXIST);
	ck_assert_int_eq(unlink(fixture.path), 0);
	fixture_close(&fixture);
}
END_TEST

/** A socket that another daemon put in place of ours is left alone. */
START_TEST(successor_keeps_its_socket)
{
	struct fixture fixture;
	struct control_socket successor;

	fixture_open(&fixture);
	ck_assert_int_eq(unlink(fixture.path), 0);
	ck_assert_int_eq(
		control_socket_open(fixture.path, CONTROL_NO_GROUP, &successor), 0);
	control_free(fixture.control);
	fixture.control = NULL;
	ck_assert_int_eq(access(fixture.path, F_OK), 0);
	control_socket_close(&successor, fixture.path);
	fixture_close(&fixture);
}
END_TEST

/** The kernel tells who the peer is, and its groups. */
START_TEST(peer_is_known)
{
	int fds[2];
	uid_t uid;
	bool in_group;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(control_peer(fds[0], getegid(), &uid, &in_group), 0);
	ck_assert_uint_eq(uid, geteuid());
	ck_assert(in_group);
	ck_assert_int_eq(control_peer(fds[0], 54321, &uid, &in_group), 0);
	ck_assert(!in_group);
	ck_assert_int_eq(control_peer(fds[0], CONTROL_NO_GROUP, &uid, &in_group), 0);
	ck_assert(!in_group);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("control");
	TCase *cases = tcase_create("control");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, lines_come_in_pieces);
	tcase_add_test(cases, requests_are_answered_in_order);
	tcase_add_test(cases, garbage_is_answered);
	tcase_add_test(cases, long_lines_are_refused);
	tcase_add_test(cases, silent_clients_are_closed);
	tcase_add_test(cases, slow_reader_waits);
	tcase_add_test(cases, connections_are_limited);
	tcase_add_test(cases, client_goes_away);
	tcase_add_test(cases, descriptors_run_out);
	tcase_add_test(cases, socket_is_ours);
	tcase_add_test(cases, group_may_connect);
	tcase_add_test(cases, only_stale_sockets_are_replaced);
	tcase_add_test(cases, successor_keeps_its_socket);
	tcase_add_test(cases, peer_is_known);
	suite_add_tcase(suite, cases);
	return unit_run_suite(suite);
}
