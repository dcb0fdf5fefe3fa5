/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the fast path's elements at a start, with a backend that is a list: taken
 * over at once, or late, when the list that comes is of a moment long past.
 */
#include "daemon/adopt.h"

#include <semaphore.h>
#include <string.h>

#include "daemon/log.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define ELEMENTS 16

/** What the kernel would have. */
static struct adopt_element elements[ELEMENTS];
static size_t count;
static bool is_slow; /**< dump waits for released */
static sem_t begun, released;

/** The place of an element; count if it is not there. */
static size_t place_of(const struct fast_path_key *key)
{
	size_t i = 0;

	while (i < count && memcmp(&elements[i].key, key, sizeof(*key)) != 0)
		i++;
	return i;
}

/** Puts an element. */
static void put(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark)
{
	size_t i = place_of(key);

	(void)fast_path;
	ck_assert_uint_lt(i, ELEMENTS);
	elements[i] = (struct adopt_element){ *key, mark };
	count += i == count;
}

/** Removes an element. */
static void take_out(struct fast_path *fast_path, const struct fast_path_key *key)
{
	size_t i = place_of(key);

	(void)fast_path;
	if (i < count)
		elements[i] = elements[--count];
}

/** Whether it is there. */
static int has(struct fast_path *fast_path, const struct fast_path_key *key)
{
	(void)fast_path;
	return place_of(key) < count;
}

/** Everything is done at once. */
static int commit(struct fast_path *fast_path)
{
	(void)fast_path;
	return 0;
}

/** It makes no difference. */
static void doubt(struct fast_path *fast_path, bool doubt)
{
	(void)fast_path;
	(void)doubt;
}

/** Shows what there was when it began. */
static int dump(struct fast_path *fast_path, fast_path_element_fn *see, void *user)
{
	struct adopt_element before[ELEMENTS];
	size_t before_count = count;
	int error = 0;

	(void)fast_path;
	memcpy(before, elements, sizeof(before));
	sem_post(&begun);
	if (is_slow)
		sem_wait(&released);
	for (size_t i = 0; i < before_count && !error; i++)
		error = see(&before[i].key, before[i].mark, user);
	return error;
}

static const struct fast_path_backend backend = {
	.name = "list",
	.put = put,
	.remove = take_out,
	.commit = commit,
	.dump = dump,
	.doubt = doubt,
	.has = has,
};

/** A director whose changes the list hears of. */
struct fixture {
	struct config *config;
	struct director *director;
	struct mirror mirror;
	struct adopt adopt;
};

/** Makes it, with an empty list. */
static void begin(struct fixture *fixture, bool slow)
{
	static const struct hash_key key = { { 1, 2 } };
	struct session_events events = mirror_events(&fixture->mirror);

	log_open(LOG_LEVEL_ERROR);
	*fixture = (struct fixture){ .config = test_config(2) };
	ck_assert_int_eq(
		director_new(fixture->config, &key, &events, &fixture->director), 0);
	fixture->mirror = (struct mirror){
		.config = fixture->config,
		.backend = &backend,
		.refill_next = SIZE_MAX,
	};
	fixture->adopt = (struct adopt){
		.mirror = &fixture->mirror,
		.director = fixture->director,
		.marks_are_known = true,
	};
	count = 0;
	is_slow = slow;
	sem_init(&begun, 0, 0);
	sem_init(&released, 0, 0);
}

/** Frees it; the list stays as it is. */
static void end(struct fixture *fixture)
{
	fixture->mirror.backend = NULL;
	director_free(fixture->director);
	config_free(fixture->config);
	sem_destroy(&begun);
	sem_destroy(&released);
}

/** A client's key, for ESP in UDP from port or with 0 for ESP and AH. */
static struct fast_path_key key_of(const char *client, uint16_t port)
{
	return (struct fast_path_key){ test_address(client), test_address("192.0.2.1"), port };
}

/** Has an element of a server in the list. */
static struct fast_path_key have(
	const struct fixture *fixture, const char *client, uint16_t port, size_t server)
{
	struct fast_path_key key = key_of(client, port);

	put(NULL, &key,
		config_server_mark(fixture->config,
			&fixture->config->services[0].servers[server]));
	return key;
}

/** The entry that stands behind a key, or NULL. */
static struct session_entry *entry_of(
	const struct fixture *fixture, const struct fast_path_key *key)
{
	struct packet_flow flow = { key->client, key->virtual,
		key->client_port ? key->client_port : 500,
		key->client_port ? 4500 : 500 };

	return session_find_flow(&fixture->director->sessions, &flow);
}

/** An ESTABLISHED entry at a server, as one that was restored. */
static struct session_entry *restored(
	const struct fixture *fixture, const struct fast_path_key *key, size_t server)
{
	struct service *service = &fixture->director->services[0];
	struct packet_flow flow = { key->client, key->virtual, key->client_port, 4500 };
	struct session_entry *entry;

	ck_assert_int_eq(session_add(&fixture->director->sessions, service,
				 &service->servers[server], &flow, 1, &entry),
		0);
	session_establish(&fixture->director->sessions, entry, 1);
	return entry;
}

/** What comes at once: unknown ones become entries, one of a mark that is nobody's goes, and
 *  where an entry has another server the element follows it. */
START_TEST(adopt_at_once)
{
	struct fixture fixture;
	struct fast_path_key esp, udp, nobody, other;

	begin(&fixture, false);
	esp = have(&fixture, "203.0.113.1", 0, 0);
	udp = have(&fixture, "203.0.113.2", 40000, 1);
	nobody = key_of("203.0.113.3", 0);
	put(NULL, &nobody, 0x770000);
	other = have(&fixture, "203.0.113.4", 40000, 0);
	fixture.mirror.assumes = true;
	restored(&fixture, &other, 1);
	fixture.mirror.assumes = false;
	adopt_begin(&fixture.adopt, 5);
	ck_assert(!fixture.adopt.is_late);
	ck_assert_uint_eq(fixture.adopt.kept, 2);
	ck_assert_uint_eq(fixture.adopt.removed, 2);
	ck_assert(!mirror_is_settled(&fixture.mirror));
	while (mirror_refill_some(&fixture.mirror, fixture.director, 1))
		continue;
	ck_assert(mirror_is_settled(&fixture.mirror));
	ck_assert_ptr_nonnull(entry_of(&fixture, &esp));
	ck_assert_ptr_nonnull(entry_of(&fixture, &udp));
	ck_assert_ptr_eq(session_server(entry_of(&fixture, &udp)),
		&fixture.director->services[0].servers[1]);
	ck_assert_int_eq(has(NULL, &nobody), 0);
	ck_assert_uint_eq(elements[place_of(&other)].mark,
		config_server_mark(fixture.config,
			&fixture.config->services[0].servers[1]));
	end(&fixture);
}
END_TEST

/** Ends a loop that waits for too long. */
static void too_long(struct ev_loop *ev, ev_timer *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(ev, EVBREAK_ALL);
}

/** Turns the loop until the walk is over. */
static void turn(struct fixture *fixture, struct ev_loop *ev)
{
	ev_timer timer;

	ev_timer_init(&timer, too_long, 20.0, 0.0);
	ev_timer_start(ev, &timer);
	while (fixture->adopt.walk && ev_is_active(&timer))
		ev_run(ev, EVRUN_ONCE);
	ck_assert(ev_is_active(&timer));
	ev_timer_stop(ev, &timer);
}

/** What comes late: an entry that has ended since does not come back, what is still there
 *  becomes an entry. */
START_TEST(adopt_late)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct fixture fixture;
	struct fast_path_key gone, stays, known;
	struct session_entry *entry;

	begin(&fixture, true);
	gone = have(&fixture, "203.0.113.1", 40000, 0);
	stays = have(&fixture, "203.0.113.2", 40000, 1);
	known = have(&fixture, "203.0.113.3", 40000, 1);
	fixture.mirror.assumes = true;
	entry = restored(&fixture, &gone, 0);
	restored(&fixture, &known, 1);
	fixture.mirror.assumes = false;
	adopt_begin(&fixture.adopt, 5);
	ck_assert(fixture.adopt.is_late);
	ck_assert(!adopt_is_done(&fixture.adopt));
	sem_wait(&begun);
	session_remove(&fixture.director->sessions, entry);
	adopt_follow(&fixture.adopt, ev);
	sem_post(&released);
	turn(&fixture, ev);
	ck_assert_ptr_null(entry_of(&fixture, &gone));
	ck_assert_int_eq(has(NULL, &gone), 0);
	ck_assert_ptr_nonnull(entry_of(&fixture, &stays));
	ck_assert_ptr_nonnull(entry_of(&fixture, &known));
	ck_assert_uint_eq(fixture.adopt.kept, 2);
	ck_assert_uint_eq(fixture.adopt.removed, 0);
	ck_assert(adopt_is_done(&fixture.adopt));
	adopt_end(&fixture.adopt);
	ev_loop_destroy(ev);
	end(&fixture);
}
END_TEST

/** A walk that is cut is never done: the next start has to do it again. */
START_TEST(adopt_cut)
{
	struct fixture fixture;

	begin(&fixture, true);
	have(&fixture, "203.0.113.1", 40000, 0);
	adopt_begin(&fixture.adopt, 5);
	sem_wait(&begun);
	sem_post(&released);
	adopt_end(&fixture.adopt);
	ck_assert(!adopt_is_done(&fixture.adopt));
	end(&fixture);
}
END_TEST

UNIT_MAIN("adopt", adopt_at_once, adopt_late, adopt_cut)
