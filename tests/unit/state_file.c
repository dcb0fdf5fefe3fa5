/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file on a disk: when it is written, that it is there as a whole or as it was,
 * and that nothing that can be wrong with it stops anything. The linker puts the function
 * below in front of close.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/handshake.h"
#include "daemon/log.h"
#include "daemon/state_file.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

static const struct hash_key key = { { 1, 2 } };

/** How often files that have no name any more were let go of: by the loop's thread, which then
 *  waits until the disk has let go of them as well, and by others. */
static pthread_t loop_thread;
static size_t let_go_here, let_go_elsewhere;

int __real_close(int fd);
int __wrap_close(int fd);

/** Stands before close. */
int __wrap_close(int fd)
{
	struct stat status;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && !status.st_nlink)
		++*(pthread_equal(pthread_self(), loop_thread) ? &let_go_here :
								 &let_go_elsewhere);
	return __real_close(fd);
}

/** A place for a state file, and what is saved in it. */
struct fixture {
	char directory[64];
	struct config *config;
	struct director *director;
	struct state_file state;
};

/** Puts one more client into the table; numbers make addresses. */
static void add_client(struct director *director, unsigned int number)
{
	uint8_t bytes[4] = { 203, 0, (uint8_t)(number >> 8), (uint8_t)number };
	struct packet packet = { .icookie = number, .rcookie = number, .version = 2 };
	struct service *service = &director->services[0];
	struct session_entry *entry;

	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = packet.flow.virtual_port = 4500;
	ck_assert_int_eq(session_add(&director->sessions, service,
				 &service->servers[number % 2], &packet.flow,
				 UINT64_C(1) << 40, &entry),
		0);
	ck_assert_int_eq(handshake_note(&director->sessions, entry, &packet), 0);
	session_establish(&director->sessions, entry, (UINT64_C(1) << 41));
}

/** Makes a director with so many clients and a path in a directory that is not there. */
static void set_up(struct fixture *fixture, unsigned int clients)
{
	char here[128];

	log_open(LOG_LEVEL_ERROR);
	strcpy(fixture->directory, "state_file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->directory));
	fixture->config = test_config(2);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(fixture->config->state_file, sizeof(fixture->config->state_file),
		"%s/%s/sub/state", here, fixture->directory);
	ck_assert_int_eq(
		director_new(fixture->config, &key, NULL, &fixture->director), 0);
	for (unsigned int i = 1; i <= clients; i++)
		add_client(fixture->director, i);
	state_file_load(&fixture->state, fixture->config, fixture->director);
}

/** Takes all away. */
static void tear_down(struct fixture *fixture)
{
	char command[128];

	director_free(fixture->director);
	config_free(fixture->config);
	snprintf(command, sizeof(command), "rm -r '%s'", fixture->directory);
	ck_assert_int_eq(system(command), 0);
}

/** How many entries are in the file; -1: it is refused or not there. */
static int entries_in_file(const struct fixture *fixture)
{
	struct director *director;
	struct state_file state;
	int entries;

	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &director), 0);
	state_file_load(&state, fixture->config, director);
	entries = (int)state.restored.entries;
	if (state.restored.refusal[0] || access(fixture->config->state_file, F_OK))
		entries = -1;
	director_free(director);
	return entries;
}

/** Tells whether what becomes the file is there. */
static bool has_temporary(const struct fixture *fixture)
{
	char path[300];

	snprintf(path, sizeof(path), "%s.new", fixture->config->state_file);
	return access(path, F_OK) == 0;
}

/** Written at the end, for its owner alone, in a directory that it makes. */
START_TEST(state_file_at_the_end)
{
	struct fixture fixture;
	struct stat status;

	set_up(&fixture, 1000);
	ck_assert_int_eq(entries_in_file(&fixture), -1);
	state_file_finish(&fixture.state);
	ck_assert_uint_eq(fixture.state.counters.saves, 1);
	ck_assert_uint_eq(fixture.state.counters.entries, 1000);
	ck_assert_int_eq(stat(fixture.config->state_file, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
	ck_assert_uint_eq((uint64_t)status.st_size, fixture.state.counters.bytes);
	ck_assert_int_eq(entries_in_file(&fixture), 1000);
	ck_assert(!has_temporary(&fixture));
	tear_down(&fixture);
}
END_TEST

/** Ends the loop once so many files have been written; until then the table changes. */
static void watch_saves(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	struct fixture *fixture = watcher->data;

	(void)events;
	if (fixture->state.counters.saves < 3)
		return;
	ev_break(ev, EVBREAK_ALL);
}

/** Written from time to time, each time anew. */
START_TEST(state_file_from_time_to_time)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct fixture fixture;
	ev_prepare watcher;

	set_up(&fixture, 900);
	fixture.config->state_interval_ms = 5;
	ev_prepare_init(&watcher, watch_saves);
	watcher.data = &fixture;
	ev_prepare_start(ev, &watcher);
	state_file_watch(&fixture.state, ev);
	ev_run(ev, 0);
	ck_assert_int_eq(entries_in_file(&fixture), 900);
	ck_assert_uint_eq(fixture.state.counters.errors, 0);
	state_file_stop(&fixture.state);
	ck_assert(!has_temporary(&fixture));
	ev_prepare_stop(ev, &watcher);
	ev_loop_destroy(ev);
	tear_down(&fixture);
}
END_TEST

/** Asked for with interval 0: one file, and no more. */
START_TEST(state_file_when_asked)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct fixture fixture;

	set_up(&fixture, 700);
	fixture.config->state_interval_ms = 0;
	state_file_watch(&fixture.state, ev);
	ev_run(ev, 0);
	ck_assert_uint_eq(fixture.state.counters.saves, 0);
	ck_assert_int_eq(state_file_save(&fixture.state), 0);
	ck_assert_int_eq(state_file_save(&fixture.state), 0);
	ev_run(ev, 0);
	ck_assert_uint_eq(fixture.state.counters.saves, 1);
	ck_assert_int_eq(entries_in_file(&fixture), 700);
	ev_loop_destroy(ev);
	tear_down(&fixture);
}
END_TEST

/** A disk that takes only a part: the old file stays, and the next one is written. */
START_TEST(state_file_disk_full)
{
	struct rlimit before, limit;
	struct fixture fixture;

	set_up(&fixture, 10);
	state_file_finish(&fixture.state);
	for (unsigned int i = 11; i <= 900; i++)
		add_client(fixture.director, i);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = 20000, .rlim_max = before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	state_file_finish(&fixture.state);
	state_file_finish(&fixture.state);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_uint_eq(fixture.state.counters.errors, 2);
	ck_assert(fixture.state.error_logged);
	ck_assert(!has_temporary(&fixture));
	ck_assert_int_eq(entries_in_file(&fixture), 10);
	state_file_finish(&fixture.state);
	ck_assert(!fixture.state.error_logged);
	ck_assert_int_eq(entries_in_file(&fixture), 900);
	tear_down(&fixture);
}
END_TEST

/** The loop does not wait for the disk to let go of a file: neither of what a run has left that
 *  was killed meanwhile, nor of one that could not be written. */
START_TEST(state_file_let_go)
{
	struct rlimit before, limit;
	struct fixture fixture;
	char left[300];
	FILE *file;

	set_up(&fixture, 900);
	state_file_finish(&fixture.state);
	snprintf(left, sizeof(left), "%s.new", fixture.config->state_file);
	file = fopen(left, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
	loop_thread = pthread_self();
	let_go_here = let_go_elsewhere = 0;
	state_file_finish(&fixture.state);
	ck_assert_uint_eq(let_go_elsewhere, 1);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = 20000, .rlim_max = before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	state_file_finish(&fixture.state);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_uint_eq(let_go_elsewhere, 2);
	ck_assert_uint_eq(let_go_here, 0);
	ck_assert(!has_temporary(&fixture));
	ck_assert_int_eq(entries_in_file(&fixture), 900);
	tear_down(&fixture);
}
END_TEST

/** Stopped in the middle of a file: the old one stays. */
START_TEST(state_file_stopped)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct fixture fixture;

	set_up(&fixture, 1);
	state_file_finish(&fixture.state);
	add_client(fixture.director, 2);
	fixture.config->state_interval_ms = 0;
	state_file_watch(&fixture.state, ev);
	ck_assert_int_eq(state_file_save(&fixture.state), 0);
	ev_run(ev, EVRUN_ONCE);
	ck_assert_ptr_nonnull(fixture.state.writer);
	state_file_stop(&fixture.state);
	ck_assert(!has_temporary(&fixture));
	ck_assert_int_eq(entries_in_file(&fixture), 1);
	ev_loop_destroy(ev);
	tear_down(&fixture);
}
END_TEST

/** A directory that cannot be made, a path that is no file, none at all. */
START_TEST(state_file_no_place)
{
	struct fixture fixture;

	set_up(&fixture, 1);
	strcpy(fixture.config->state_file, "/dev/null/state");
	state_file_load(&fixture.state, fixture.config, fixture.director);
	state_file_finish(&fixture.state);
	ck_assert_uint_eq(fixture.state.counters.errors, 1);
	strcpy(fixture.config->state_file, "/dev/full");
	state_file_load(&fixture.state, fixture.config, fixture.director);
	ck_assert(fixture.state.is_off);
	fixture.config->state_file[0] = '\0';
	state_file_load(&fixture.state, fixture.config, fixture.director);
	ck_assert_int_eq(state_file_save(&fixture.state), -ENOENT);
	state_file_finish(&fixture.state);
	ck_assert_uint_eq(fixture.state.counters.saves + fixture.state.counters.errors, 0);
	tear_down(&fixture);
}
END_TEST

/** Somebody else's file is neither used nor overwritten; a torn one of ours is. */
START_TEST(state_file_of_others)
{
	struct fixture fixture;
	FILE *file;
	char text[16] = "";

	set_up(&fixture, 3);
	state_file_finish(&fixture.state);
	file = fopen(fixture.config->state_file, "w");
	ck_assert_ptr_nonnull(file);
	fputs("root:x:0:0\n", file);
	fclose(file);
	state_file_load(&fixture.state, fixture.config, fixture.director);
	ck_assert(fixture.state.is_off);
	state_file_finish(&fixture.state);
	file = fopen(fixture.config->state_file, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "root:x:0:0\n");
	ck_assert_int_eq(truncate(fixture.config->state_file, 0), 0);
	state_file_load(&fixture.state, fixture.config, fixture.director);
	state_file_finish(&fixture.state);
	ck_assert_int_eq(entries_in_file(&fixture), 3);
	tear_down(&fixture);
}
END_TEST

UNIT_MAIN("state_file", state_file_at_the_end, state_file_from_time_to_time,
	state_file_when_asked, state_file_disk_full, state_file_let_go, state_file_stopped,
	state_file_no_place, state_file_of_others)
