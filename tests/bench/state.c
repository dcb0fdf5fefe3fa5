/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the state file takes: makes a table of COUNT established clients, has it written
 * from the loop while a timer looks how late it comes, and reads it into another table.
 *
 *   tests/bench/state [COUNT [FILE]]     1000000 clients, a file in the current folder
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/handshake.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/state_file.h"
#include "daemon/turn.h"
#include "tests/lib/test_config.h"

static const struct hash_key key = { { 1, 2 } };

/** What the watching timer has seen. */
struct watch {
	ev_timer timer;
	struct state_file *state;
	uint64_t last_us;
	uint64_t longest_us; /**< between two turns */
};

/** Ends the program where something cannot be. */
static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "state: %s\n", what);
	exit(EXIT_FAILURE);
}

/** Puts a client of that number into the table: one entry with one proven pair. */
static void add_client(struct director *director, uint32_t number, uint64_t now_ms)
{
	const uint8_t bytes[4] = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number };
	struct packet packet = { .icookie = number + 1, .rcookie = number + 2, .version = 2 };
	struct service *service = &director->services[0];
	struct session_entry *entry;

	packet.flow = (struct packet_flow){ address_v4(bytes), test_address("192.0.2.1"),
		4500, 4500 };
	need(!session_add(&director->sessions, service,
		     &service->servers[number % service->server_count], &packet.flow, now_ms,
		     &entry),
		"no room");
	need(!handshake_note(&director->sessions, entry, &packet), "no memory");
	session_establish(&director->sessions, entry, now_ms);
}

/** Processor time of this thread, which others on the machine do not change. */
static uint64_t thread_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/** A director for config. */
static struct director *make_director(const struct config *config)
{
	struct director *director;

	need(!director_new(config, &key, NULL, &director), "no memory");
	return director;
}

/** Looks how late it is. */
static void look(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct watch *watch = timer->data;
	uint64_t now_us = clock_now_us();

	(void)events;
	if (watch->last_us && now_us - watch->last_us > watch->longest_us)
		watch->longest_us = now_us - watch->last_us;
	watch->last_us = now_us;
	if (watch->state->counters.saves || watch->state->counters.errors)
		ev_break(ev, EVBREAK_ALL);
}

/** Has the file written by a loop; returns the longest time between two turns of 1 ms. */
static uint64_t write_in_loop(struct state_file *state)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct watch watch = { .state = state };

	ev_timer_init(&watch.timer, look, 0.001, 0.001);
	watch.timer.data = &watch;
	ev_timer_start(ev, &watch.timer);
	state_file_watch(state, ev);
	need(!state_file_save(state), "there is something in the file's place");
	ev_run(ev, 0);
	need(state->counters.saves == 1, "the file was not written");
	state_file_stop(state);
	ev_timer_stop(ev, &watch.timer);
	ev_loop_destroy(ev);
	return watch.longest_us;
}

/** Compares two times. */
static int compare(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/** Makes all portions without writing them, and prints how much processor time they take. */
static void print_portions(const struct director *director)
{
	static uint8_t buffer[TURN_STATE_BYTES];
	static uint64_t times_us[65536];
	struct snapshot snapshot;
	size_t count = 0;

	snapshot_begin(&snapshot, director, clock_now_ms(), clock_wall_ms());
	while (!snapshot_done(&snapshot) && count < sizeof(times_us) / sizeof(*times_us)) {
		uint64_t began_us = thread_us();

		need(snapshot_needs_bytes(&snapshot) <= sizeof(buffer), "a small client");
		snapshot_portion(&snapshot, buffer, sizeof(buffer));
		times_us[count++] = thread_us() - began_us;
	}
	qsort(times_us, count, sizeof(*times_us), compare);
	printf("portions %zu, processor us: median %llu, 99 of 100 %llu, longest %llu\n",
		count, (unsigned long long)times_us[count / 2],
		(unsigned long long)times_us[count * 99 / 100],
		(unsigned long long)times_us[count - 1]);
}

/** Reads the file into another table; prints how long that took. */
static void read_back(const struct config *config, size_t count)
{
	struct director *director = make_director(config);
	struct state_file state;
	uint64_t began_us = clock_now_us(), used_us = thread_us();

	state_file_load(&state, config, director);
	began_us = clock_now_us() - began_us;
	used_us = thread_us() - used_us;
	need(state.restored.entries == count && state.restored.handshakes == count,
		"not all came back");
	director_free(director);
	printf("read and restored ms %llu, of the processor %llu\n",
		(unsigned long long)began_us / 1000, (unsigned long long)used_us / 1000);
}

/** Measures and prints. */
int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	struct config *config = test_config(50);
	uint64_t began_us, stop_ms, longest_us, now_ms = clock_now_ms();
	struct director *director;
	struct state_file state;

	need(count > 0 && count <= 1 << 24, "COUNT is from 1 to 16777216");
	log_open(LOG_LEVEL_ERROR);
	config->max_entries = count;
	snprintf(config->state_file, sizeof(config->state_file), "%s",
		argc > 2 ? argv[2] : "./state.bench");
	need(access(config->state_file, F_OK) == -1, "the file exists");
	director = make_director(config);
	for (uint32_t i = 0; i < count; i++)
		add_client(director, i, now_ms);
	config->state_interval_ms = 0;
	state_file_load(&state, config, director);
	longest_us = write_in_loop(&state);
	printf("clients %u\nfile bytes %llu\n", count,
		(unsigned long long)state.counters.bytes);
	printf("written in the loop ms %llu\n",
		(unsigned long long)state.counters.duration_ms);
	printf("longest portion us %llu\n",
		(unsigned long long)state.counters.longest_portion_us);
	printf("longest time between two turns of 1 ms, us %llu\n",
		(unsigned long long)longest_us);
	began_us = clock_now_us();
	state_file_finish(&state);
	stop_ms = (clock_now_us() - began_us) / 1000;
	printf("written at the end ms %llu\n", (unsigned long long)stop_ms);
	print_portions(director);
	read_back(config, count);
	unlink(config->state_file);
	director_free(director);
	config_free(config);
	return EXIT_SUCCESS;
}
