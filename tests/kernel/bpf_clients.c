/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of clients, written here and read by the program: whoever was put is carried and
 * nobody else, while others come and go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf_run.h"

#define KEYS 500
#define STAYING 200
#define OFTEN 250    /**< not more than hops that a packet can have */

static const char *const first_clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };

/** Gives server 1 a way; the suite's tables. */
static struct bpf_clients *begin(void)
{
	for (int i = 0; i < 2; i++) {
		struct bpf_way way = bpf_run_way(families[i]);

		way.method = BPF_METHOD_DIRECT;
		bpf_run_set_way(families[i], &way);
	}
	return bpf_program_clients(bpf_run_ingress());
}

/** Loads another program with so much room in the place of the suite's. */
static struct bpf_clients *begin_again(uint32_t room)
{
	struct bpf_program_limits limits = {
		.clients = room,
		.servers = BPF_RUN_SERVERS,
		.identity = "test",
	};
	struct bpf_ingress *ingress;

	ck_assert_int_eq(bpf_program_open(bpf_run_directory(), &limits, &ingress), 0);
	ck_assert_int_eq(bpf_program_settle(ingress), 0);
	bpf_run_use(ingress);
	ck_assert_int_eq(bpf_program_beat(ingress), 0);
	return bpf_program_clients(ingress);
}

/** A number that looks random, always the same one. */
static uint64_t scatter(uint64_t number)
{
	number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return number ^ number >> 32;
}

/** The key of a number: addresses anywhere or, of each second one, in a row; some have ports. */
static struct fast_path_key key_of(int family, uint32_t number)
{
	struct fast_path_key key = client_key(first_clients[family], 0);
	uint64_t random = number & 1 ? number : scatter(number);
	size_t size_bytes = family ? 16 : 4;

	memcpy(key.client.bytes + size_bytes - 4, &(uint32_t){ htonl((uint32_t)random) }, 4);
	if (family)
		memcpy(key.client.bytes + 4, &(uint32_t){ (uint32_t)(random >> 32) }, 4);
	if (number & 2)
		key.client_port = (uint16_t)(1 + number % 65535);
	return key;
}

/** Runs what a client sends; tells whether it was carried. */
static bool is_carried(const struct fast_path_key *key)
{
	bool v6 = key->client.family == AF_INET6;
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	bpf_run_spec(&spec, first_clients[v6],
		key->client_port ? BODY_ESP_IN_UDP : BODY_ESP);
	spec.source = key->client;
	spec.source_port = key->client_port;
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	return ran.action == BPF_RUN_REDIRECT;
}

/** Both sides look where the other one does. */
START_TEST(each_is_found)
{
	struct bpf_clients *table = begin();

	for (uint32_t i = 0; i < 2 * KEYS; i++) {
		struct fast_path_key key = key_of(_i, i);

		if (i % 4 < 2 || i % 8 > 5)
			ck_assert_int_eq(bpf_clients_put(table, &key, 1), 1);
	}
	for (uint32_t i = 0; i < KEYS; i++) {
		struct fast_path_key key = key_of(_i, i), other = key;

		ck_assert_int_eq(is_carried(&key), i % 4 < 2 || i % 8 > 5);
		other.client_port ^= 0x100;
		ck_assert(!is_carried(&other));
	}
}
END_TEST

/** What is removed is not carried any more, what is changed is another server's. */
START_TEST(changes_are_seen)
{
	struct bpf_clients *table = begin();
	struct fast_path_key key = key_of(_i, 7), other = key_of(_i, 9);

	ck_assert_int_eq(bpf_clients_put(table, &key, 2), 1);
	ck_assert(!is_carried(&key));
	ck_assert_int_eq(bpf_clients_put(table, &key, 1 | CLIENT_COUNTED), 0);
	ck_assert(is_carried(&key));
	ck_assert(!bpf_clients_remove(table, &other));
	ck_assert(bpf_clients_remove(table, &key));
	ck_assert(!is_carried(&key));
	ck_assert_uint_eq(bpf_clients_count(table), 0);
}
END_TEST

/** Free slots are zero, and so may an address be. */
START_TEST(nobody_is_no_client)
{
	struct fast_path_key key = key_of(_i, 0);
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	begin();
	memset(key.client.bytes, 0, sizeof(key.client.bytes));
	bpf_run_spec(&spec, first_clients[_i], BODY_ESP);
	spec.source = spec.destination = key.client;
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_UNKNOWN, false);
}
END_TEST

/** Who comes and goes in a table that is nearly full, so that others have to move. */
struct churn {
	struct bpf_clients *table;
	int family;
	uint32_t keys; /**< of which three quarters are there, and fill 19 of 20 slots */
	bool end;
	uint64_t done;
};

/** Has one come or go. */
static void churn_once(struct churn *churn)
{
	uint64_t dice = scatter(churn->done++);
	uint32_t number = STAYING + (uint32_t)(dice % (churn->keys - STAYING));
	struct fast_path_key key = key_of(churn->family, number);

	if (dice >> 32 & 3)
		bpf_clients_put(churn->table, &key, 1);
	else
		bpf_clients_remove(churn->table, &key);
}

/** Has them come and go until it is told to end. */
static void *churn_on(void *user)
{
	struct churn *churn = user;

	while (!__atomic_load_n(&churn->end, __ATOMIC_RELAXED))
		churn_once(churn);
	return NULL;
}

/** Runs what a client sends, again and again: the program finds it each time. */
static void run_often(const struct fast_path_key *key)
{
	bool v6 = key->client.family == AF_INET6;
	uint32_t interface = bpf_run_interface("in0");
	struct __sk_buff about = { .ifindex = interface, .ingress_ifindex = interface };
	struct packet_spec spec;
	struct bpf_frame frame;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.bytes, .ctx_in = &about,
		.ctx_size_in = sizeof(about), .repeat = OFTEN);

	bpf_run_spec(
		&spec, first_clients[v6], key->client_port ? BODY_ESP_IN_UDP : BODY_ESP);
	spec.source = key->client;
	spec.source_port = key->client_port;
	bpf_run_build(&spec, &frame);
	frame.bytes[14 + (v6 ? 7 : 8)] = 255;
	options.data_size_in = (uint32_t)frame.size_bytes;
	ck_assert_int_eq(bpf_prog_test_run_opts(bpf_program_fd(bpf_run_ingress()), &options), 0);
	ck_assert_uint_eq(options.retval, BPF_RUN_REDIRECT);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_UNKNOWN), 0);
}

/** How many have been moved since there were so many. */
static uint32_t moves_since(const struct bpf_clients *table, uint32_t moves)
{
	return __atomic_load_n(&table->settings->moves, __ATOMIC_RELAXED) - moves;
}

/** Whoever stays is carried at any moment. On a busy machine the other thread may have its turn
 *  late, so it goes on until a thousand have moved. */
START_TEST(while_others_move)
{
	struct bpf_clients *table = begin_again(1);
	struct churn churn = { table, _i, .keys = _i ? 1950 : 5190 };
	pthread_t thread;
	uint32_t moves;

	begin();
	table->v4.limit = table->v6.limit = UINT64_MAX;
	for (uint32_t i = 0; i < STAYING; i++) {
		struct fast_path_key key = key_of(_i, i);

		ck_assert_int_eq(bpf_clients_put(table, &key, 1), 1);
	}
	while (churn.done < 10 * churn.keys)
		churn_once(&churn);
	moves = table->settings->moves;
	ck_assert_int_eq(pthread_create(&thread, NULL, churn_on, &churn), 0);
	for (uint32_t i = 0; i < 2 * KEYS || moves_since(table, moves) <= 1000; i++) {
		struct fast_path_key key = key_of(_i, i % STAYING);

		run_often(&key);
	}
	__atomic_store_n(&churn.end, true, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

/** Counts what is shown. */
static int count_one(
	const struct fast_path_key *key, uint32_t value, uint32_t seen, void *user)
{
	uint64_t *sums = user;

	ck_assert_uint_eq(value, 1 + key->client.bytes[0] % 2);
	ck_assert_uint_eq(seen, 0);
	sums[key->client.family == AF_INET6]++;
	return 0;
}

/** All are shown with what they are, and those taken over by the next process are where its
 *  program looks. */
START_TEST(taken_over)
{
	struct bpf_clients *table = begin();
	struct fast_path_key key;
	uint64_t sums[2] = { 0, 0 };

	for (uint32_t i = 0; i < 2 * KEYS; i++) {
		key = key_of(i & 1, i);
		ck_assert_int_eq(bpf_clients_put(table, &key, 1 + key.client.bytes[0] % 2), 1);
	}
	table = begin_again(BPF_RUN_CLIENTS);
	ck_assert(bpf_program_took_over(bpf_run_ingress()));
	ck_assert_uint_eq(bpf_clients_count(table), 2 * KEYS);
	ck_assert_int_eq(bpf_clients_walk(table, count_one, sums), 0);
	ck_assert_uint_eq(sums[0], KEYS);
	ck_assert_uint_eq(sums[1], KEYS);
	for (uint32_t i = 0; i < 100; i++) {
		key = key_of(i & 1, i);
		ck_assert_int_eq(is_carried(&key), 1 + key.client.bytes[0] % 2 == 1);
	}
	bpf_clients_clear(table);
	ck_assert_uint_eq(bpf_clients_count(table), 0);
	ck_assert(!is_carried(&key));
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-clients");
	TCase *tests = bpf_run_case("clients"), *own = bpf_run_own_case("again");

	tcase_add_loop_test(tests, each_is_found, 0, 2);
	tcase_add_loop_test(tests, changes_are_seen, 0, 2);
	tcase_add_loop_test(tests, nobody_is_no_client, 0, 2);
	tcase_add_loop_test(own, while_others_move, 0, 2);
	tcase_add_test(own, taken_over);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, own);
	return bpf_run_suite(suite);
}
