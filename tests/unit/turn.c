/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one turn of the loop does at most, whatever there is to do: counted, not timed, so that
 * the bound is the same on every machine and however large the table.
 */
#include "daemon/turn.h"

#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/snapshot.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/state_writer.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define CLIENTS 3000
#define MANY 120000 /**< clients, in more than ten chunks of memory */
#define STRIDE 7919 /**< none of its factors is one of MANY's */
#define ASKING 6 /**< connections */
#define CALL(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":" params "}"

/** What the fast path is told. */
static size_t put_count, removed_count;

/** Counts. */
static void put(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark)
{
	(void)fast_path;
	(void)key;
	(void)mark;
	put_count++;
}

/** Counts. */
static void take_out(struct fast_path *fast_path, const struct fast_path_key *key)
{
	(void)fast_path;
	(void)key;
	removed_count++;
}

/** It makes no difference. */
static void doubt(struct fast_path *fast_path, bool doubt)
{
	(void)fast_path;
	(void)doubt;
}

static const struct fast_path_backend backend = {
	.name = "count",
	.put = put,
	.remove = take_out,
	.doubt = doubt,
};

/** A director with many established clients. */
struct fixture {
	struct config *config;
	struct director *director;
	struct mirror mirror;
	char path[64]; /**< of what a test makes, and removes */
};

/** Adds client number i. */
static struct session_entry *add_client(struct director *director, uint32_t i)
{
	uint8_t bytes[4] = { 100, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
	struct packet_flow flow = { address_v4(bytes), test_address("192.0.2.1"), 500, 500 };
	struct service *service = &director->services[0];
	struct session_entry *entry;

	ck_assert_int_eq(session_add(&director->sessions, service, &service->servers[0],
				 &flow, 1, &entry),
		0);
	session_establish(&director->sessions, entry, 1);
	return entry;
}

/** Makes it, with no clients yet. */
static void begin_empty(struct fixture *fixture, uint32_t max_entries)
{
	static const struct hash_key key = { { 1, 2 } };
	struct session_events events = mirror_events(&fixture->mirror);

	log_open(LOG_LEVEL_ERROR);
	*fixture = (struct fixture){ .config = test_config(2) };
	fixture->config->max_entries = max_entries;
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/ipb-turn-%d", (int)getpid());
	ck_assert_int_eq(
		director_new(fixture->config, &key, &events, &fixture->director), 0);
	fixture->mirror = (struct mirror){
		.config = fixture->config,
		.backend = &backend,
		.refill_next = SIZE_MAX,
	};
	put_count = removed_count = 0;
}

/** Makes it. */
static void begin(struct fixture *fixture)
{
	begin_empty(fixture, 4096);
	for (uint32_t i = 0; i < CLIENTS; i++)
		add_client(fixture->director, i);
	put_count = removed_count = 0;
}

/** Frees it. */
static void end(struct fixture *fixture)
{
	fixture->mirror.backend = NULL;
	director_free(fixture->director);
	config_free(fixture->config);
}

/** All expire at once while all have to be told again: each turn does its share, neither
 *  keeps the other waiting, and all gets done. */
START_TEST(turn_tidies)
{
	size_t turns = 0, ended = 0, told = 0;
	struct fixture fixture;
	bool is_more = true;

	begin(&fixture);
	mirror_refill(&fixture.mirror, true);
	for (; is_more; turns++) {
		uint32_t before = fixture.director->sessions.entry_count;

		put_count = 0;
		is_more = turn_tidy(fixture.director, &fixture.mirror, 18000001);
		before -= fixture.director->sessions.entry_count;
		ck_assert_uint_le(before, TURN_ENDS);
		/* And what shares a bucket with the last. */
		ck_assert_uint_le(before + put_count, TURN_CHANGES + 8);
		if (!turns)
			ck_assert_uint_ge(put_count, TURN_CHANGES - TURN_ENDS);
		ended += before;
		told += put_count;
	}
	ck_assert_uint_eq(ended, CLIENTS);
	ck_assert_uint_gt(told, 0);
	ck_assert_uint_ge(turns, CLIENTS / TURN_ENDS);
	end(&fixture);
}
END_TEST

/** How many chunks of memory the director has. */
static size_t count_chunks(const struct director *director)
{
	size_t count = 0;

	for (size_t i = 0; i < director->memory.pool_count; i++) {
		const struct pool *pool = director->memory.pools[i];

		for (uint32_t j = 0; j < pool->chunk_count; j++)
			count += pool->chunks[j] != NULL;
	}
	return count;
}

/** Clients leave in another order than they came in, as after a restart, so that each chunk of
 *  memory has some to the last: even so a turn gives back no more than its share of them, and
 *  in the end all but one of each pool's are given back. */
START_TEST(turn_gives_back)
{
	static struct session_entry *entries[MANY];
	size_t turns = 0, most = 0, before;
	struct fixture fixture;
	bool is_more = true;

	begin_empty(&fixture, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		entries[i] = add_client(fixture.director, i);
	for (uint32_t i = 0; i < MANY; i++)
		session_touch(&fixture.director->sessions,
			entries[(uint64_t)i * STRIDE % MANY], 2);
	before = count_chunks(fixture.director);
	ck_assert_uint_gt(before, 10);
	for (; is_more; turns++) {
		size_t now;

		is_more = turn_tidy(fixture.director, &fixture.mirror, 18000002);
		now = count_chunks(fixture.director);
		most = before - now > most ? before - now : most;
		before = now;
	}
	ck_assert_uint_eq(fixture.director->sessions.entry_count, 0);
	ck_assert_uint_eq(most, TURN_CHUNKS);
	ck_assert_uint_eq(before, 2);
	ck_assert_uint_gt(turns, MANY / TURN_ENDS);
	end(&fixture);
}
END_TEST

/** A portion of the state file. */
START_TEST(turn_saves)
{
	static uint8_t buffer[TURN_STATE_BYTES];
	struct state_writer *writer;
	struct snapshot snapshot;
	struct fixture fixture;
	size_t size_bytes, portions = 0;

	begin(&fixture);
	ck_assert_int_eq(state_writer_open(fixture.path, &writer), 0);
	snapshot_begin(&snapshot, fixture.director, 1, 1);
	while (!snapshot_done(&snapshot)) {
		ck_assert_ptr_nonnull(state_writer_buffer(
			writer, snapshot_needs_bytes(&snapshot), &size_bytes));
		ck_assert_uint_eq(size_bytes, TURN_STATE_BYTES);
		ck_assert_uint_le(snapshot_portion(&snapshot, buffer, size_bytes),
			TURN_STATE_BYTES);
		portions++;
	}
	ck_assert_uint_gt(portions, 4);
	state_writer_close(writer);
	end(&fixture);
}
END_TEST

/** Sends a request to the daemon's side; the items of the answer, and where to go on. */
static size_t ask_page(const struct rpc_context *context, const char *filter, json_int_t *cursor)
{
	static const struct rpc_rights all = { .read = true, .write = true };
	char request[256];
	json_t *answer, *result;
	char *text;
	size_t count;

	snprintf(request, sizeof(request),
		CALL("show.entries", "{%s\"limit\":1000,\"cursor\":%lld}"), filter,
		(long long)*cursor);
	text = rpc_answer(context, &all, request, strlen(request), 5);
	answer = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(answer);
	result = json_object_get(answer, "result");
	ck_assert_ptr_nonnull(result);
	count = json_array_size(json_object_get(result, "items"));
	*cursor = json_integer_value(json_object_get(result, "cursor"));
	json_decref(answer);
	return count;
}

/** A page is no longer than a turn's share, however long it may be, and looks at no more than
 *  that where nothing is shown; whoever goes on sees all. */
START_TEST(turn_shows)
{
	struct rpc_context context = { 0 };
	struct fixture fixture;
	json_int_t cursor = 0;
	size_t shown = 0, pages = 0;

	begin(&fixture);
	context.config = fixture.config;
	context.director = fixture.director;
	do {
		size_t items = ask_page(&context, "", &cursor);

		ck_assert_uint_le(items, TURN_ITEMS + 8);
		shown += items;
	} while (cursor);
	ck_assert_uint_eq(shown, CLIENTS);
	do {
		ck_assert_uint_eq(
			ask_page(&context, "\"state\":\"initial\",", &cursor), 0);
		pages++;
	} while (cursor);
	ck_assert_uint_ge(pages, 1 + (CLIENTS - 1) / (TURN_OBJECTS + 8));
	end(&fixture);
}
END_TEST

/** The clock. */
static uint64_t now_ms(void)
{
	return 5;
}

/** Connects to the socket and sends count requests. */
static int ask(const char *path, size_t count)
{
	static const char request[] = CALL("show.version", "{}") "\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	strcpy(address.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
			sizeof(request) - 1);
	return fd;
}

/** How many answers have come. */
static size_t answers(int fd)
{
	size_t count = 0;
	char byte;

	while (recv(fd, &byte, 1, 0) == 1)
		count += byte == '\n';
	return count;
}

/** Many ask at once, and each for as much as it can: a turn answers as many as it should, and
 *  everybody once before anybody twice. */
START_TEST(turn_answers)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct rpc_context context = { 0 };
	struct control_settings settings = {
		.group = "", .rpc = &context, .now_ms = now_ms };
	size_t got[ASKING] = { 0 }, least = 0, most = 0, turns = 0;
	struct control *control;
	struct fixture fixture;
	int fds[ASKING];

	begin(&fixture);
	context.config = fixture.config;
	context.director = fixture.director;
	settings.path = fixture.path;
	ck_assert_int_eq(control_new(loop, &settings, &control), 0);
	for (size_t i = 0; i < ASKING; i++)
		fds[i] = ask(settings.path, 10);
	while (control_connections(control) < ASKING)
		ev_run(loop, EVRUN_NOWAIT);
	for (size_t i = 0; i < ASKING; i++)
		answers(fds[i]);
	for (; turns < 4 * ASKING; turns++) {
		size_t in_turn = 0;

		ev_run(loop, EVRUN_NOWAIT);
		for (size_t i = 0; i < ASKING; i++) {
			size_t count = answers(fds[i]);

			in_turn += count;
			got[i] += count;
		}
		ck_assert_uint_eq(in_turn, TURN_ANSWERS);
	}
	least = most = got[0];
	for (size_t i = 1; i < ASKING; i++) {
		least = got[i] < least ? got[i] : least;
		most = got[i] > most ? got[i] : most;
	}
	ck_assert_uint_gt(least, 1);
	ck_assert_uint_le(most, least + 2);
	for (size_t i = 0; i < ASKING; i++)
		close(fds[i]);
	control_free(control);
	ev_loop_destroy(loop);
	end(&fixture);
}
END_TEST

UNIT_MAIN("turn", turn_tidies, turn_gives_back, turn_saves, turn_shows, turn_answers)
