/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/scheduler.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/service.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define SERVERS 4

/** A service of its own with servers of given weights. */
struct fixture {
	struct config *config;
	struct service service;
	struct address client;
};

/** Begins with these weights. */
static void begin(struct fixture *fixture, const uint32_t weights[static SERVERS])
{
	fixture->config = test_config(SERVERS);
	for (size_t i = 0; i < SERVERS; i++)
		fixture->config->services[0].servers[i].weight = weights[i];
	ck_assert_int_eq(
		service_init(&fixture->service, &fixture->config->services[0]), 0);
	fixture->client = test_address("203.0.113.7");
}

/** Frees all. */
static void end(struct fixture *fixture)
{
	service_fini(&fixture->service);
	config_free(fixture->config);
}

/** One turn: pick, twice to see that picking changes nothing, then the client goes there.
 *  Gives the server's number, from 1; 0 for none. */
static unsigned int turn(struct fixture *fixture, const struct scheduler *scheduler)
{
	struct server *server = scheduler->pick(&fixture->service, &fixture->client);

	ck_assert_ptr_eq(server, scheduler->pick(&fixture->service, &fixture->client));
	if (server == NULL)
		return 0;
	if (scheduler->picked != NULL)
		scheduler->picked(&fixture->service, server);
	server->clients++;
	return (unsigned int)(server - fixture->service.servers) + 1;
}

/** The numbers of so many turns as decimal digits. */
static unsigned long turns(
	struct fixture *fixture, const struct scheduler *scheduler, unsigned int count)
{
	unsigned long digits = 0;

	while (count-- > 0)
		digits = digits * 10 + turn(fixture, scheduler);
	return digits;
}

/** The registry: by name, in order, ended by NULL. */
START_TEST(scheduler_registry)
{
	size_t count = 0;

	ck_assert_ptr_eq(scheduler_find("rr"), &scheduler_rr);
	ck_assert_ptr_eq(scheduler_find("wrr"), &scheduler_wrr);
	ck_assert_ptr_eq(scheduler_find("wlc"), &scheduler_wlc);
	ck_assert_ptr_null(scheduler_find("RR"));
	ck_assert_ptr_null(scheduler_find(""));
	while (scheduler_at(count) != NULL) {
		ck_assert_ptr_eq(
			scheduler_find(scheduler_at(count)->name), scheduler_at(count));
		count++;
	}
	ck_assert_uint_ge(count, 3);
	ck_assert_ptr_null(scheduler_at(SIZE_MAX));
}
END_TEST

/** Round robin: in turn, weights but 0 do not matter. */
START_TEST(scheduler_rr_turns)
{
	struct fixture fixture;

	begin(&fixture, (uint32_t[]){ 1, 100, 0, 7 });
	ck_assert_uint_eq(turns(&fixture, &scheduler_rr, 7), 1241241);
	fixture.service.servers[2].weight = 1;
	fixture.service.servers[1].weight = 0;
	ck_assert_uint_eq(turns(&fixture, &scheduler_rr, 4), 3413);
	end(&fixture);
}
END_TEST

/** Weighted round robin: exact shares in each period, evenly spread. */
START_TEST(scheduler_wrr_shares)
{
	struct fixture fixture;

	begin(&fixture, (uint32_t[]){ 5, 3, 0, 2 });
	for (unsigned int period = 0; period < 10; period++) {
		unsigned int counts[SERVERS + 1] = { 0 };

		for (unsigned int i = 0; i < 10; i++)
			counts[turn(&fixture, &scheduler_wrr)]++;
		ck_assert_uint_eq(counts[1], 5);
		ck_assert_uint_eq(counts[2], 3);
		ck_assert_uint_eq(counts[3], 0);
		ck_assert_uint_eq(counts[4], 2);
	}
	end(&fixture);
	begin(&fixture, (uint32_t[]){ 2, 1, 0, 0 });
	ck_assert_uint_eq(turns(&fixture, &scheduler_wrr, 6), 121121);
	end(&fixture);
}
END_TEST

/** Weighted round robin with a weight that changes on the way: no server is starved or
 *  flooded for the past. */
START_TEST(scheduler_wrr_changed_weight)
{
	struct fixture fixture;
	unsigned int counts[SERVERS + 1] = { 0 };

	begin(&fixture, (uint32_t[]){ 1, 65535, 0, 0 });
	turns(&fixture, &scheduler_wrr, 15);
	fixture.service.servers[1].weight = 1;
	for (unsigned int i = 0; i < 200; i++)
		counts[turn(&fixture, &scheduler_wrr)]++;
	ck_assert_uint_ge(counts[1], 90);
	ck_assert_uint_ge(counts[2], 90);
	end(&fixture);
}
END_TEST

/** Weighted least clients: shares by weight, and the emptiest first. */
START_TEST(scheduler_wlc_shares)
{
	struct fixture fixture;
	unsigned int counts[SERVERS + 1] = { 0 };

	begin(&fixture, (uint32_t[]){ 1, 2, 0, 5 });
	ck_assert_ptr_eq(scheduler_wlc.pick(&fixture.service, &fixture.client),
		&fixture.service.servers[3]);
	for (unsigned int i = 0; i < 80; i++)
		counts[turn(&fixture, &scheduler_wlc)]++;
	ck_assert_uint_eq(counts[1], 10);
	ck_assert_uint_eq(counts[2], 20);
	ck_assert_uint_eq(counts[3], 0);
	ck_assert_uint_eq(counts[4], 50);
	fixture.service.servers[0].clients = 0;
	ck_assert_uint_eq(turns(&fixture, &scheduler_wlc, 9), 111111111);
	end(&fixture);
}
END_TEST

/** The largest weights and counts do not overflow the comparison. */
START_TEST(scheduler_wlc_extremes)
{
	struct fixture fixture;

	begin(&fixture, (uint32_t[]){ SERVER_WEIGHT_MAX, 1, 0, 0 });
	fixture.service.servers[0].clients = 4000000000;
	fixture.service.servers[1].clients = 100000;
	ck_assert_uint_eq(turn(&fixture, &scheduler_wlc), 1);
	fixture.service.servers[1].clients = 1;
	ck_assert_uint_eq(turn(&fixture, &scheduler_wlc), 2);
	end(&fixture);
}
END_TEST

/** Every scheduler: no server of the family, or none with a weight, gives none. */
START_TEST(scheduler_none)
{
	const struct scheduler *scheduler;

	for (size_t i = 0; (scheduler = scheduler_at(i)) != NULL; i++) {
		struct fixture fixture;

		begin(&fixture, (uint32_t[]){ 0, 0, 0, 0 });
		ck_assert_uint_eq(turn(&fixture, scheduler), 0);
		fixture.service.servers[2].weight = 1;
		ck_assert_uint_eq(turns(&fixture, scheduler, 3), 333);
		fixture.config->services[0].servers[2].address_v6.family = 0;
		fixture.client = test_address("2001:db8:c::7");
		ck_assert_uint_eq(turn(&fixture, scheduler), 0);
		fixture.service.servers[3].weight = 1;
		ck_assert_uint_eq(turns(&fixture, scheduler, 2), 44);
		end(&fixture);
	}
}
END_TEST

/** What a server can take: family and weight. */
START_TEST(scheduler_server_takes)
{
	struct fixture fixture;
	struct server *server;

	begin(&fixture, (uint32_t[]){ 1, 1, 1, 1 });
	server = service_server(&fixture.service, "gw2");
	ck_assert_ptr_eq(server, &fixture.service.servers[1]);
	ck_assert_ptr_null(service_server(&fixture.service, "gw5"));
	fixture.config->services[0].servers[1].address_v4.family = 0;
	ck_assert(!server_reachable(server, AF_INET));
	ck_assert(server_reachable(server, AF_INET6));
	ck_assert(server_takes_new(server, AF_INET6));
	server->weight = 0;
	ck_assert(!server_takes_new(server, AF_INET6));
	ck_assert(server_reachable(server, AF_INET6));
	/* A tunnel takes one family in the other. */
	fixture.config->services[0].servers[1].method = METHOD_TUNNEL;
	ck_assert(server_reachable(server, AF_INET));
	/* The director itself has no next hop and serves both. */
	fixture.config->services[0].servers[1].method = METHOD_LOCAL;
	fixture.config->services[0].servers[1].address_v6.family = 0;
	ck_assert(server_reachable(server, AF_INET));
	ck_assert(server_reachable(server, AF_INET6));
	ck_assert(!server_takes_new(server, AF_INET));
	server->weight = 1;
	ck_assert(server_takes_new(server, AF_INET));
	ck_assert(server_takes_new(server, AF_INET6));
	end(&fixture);
}
END_TEST

/** Which of the servers each of many clients gets: bits of their numbers, and how many. */
static void place_clients(struct fixture *fixture, uint8_t places[static 4000],
	uint32_t counts[static SERVERS])
{
	memset(counts, 0, SERVERS * sizeof(*counts));
	for (unsigned int i = 0; i < 4000; i++) {
		char text[ADDRESS_TEXT_BYTES];
		const struct server *server;

		snprintf(text, sizeof(text), "10.%u.%u.7", i / 200, i % 200);
		fixture->client = test_address(text);
		server = scheduler_hash.pick(&fixture->service, &fixture->client);
		places[i] = (uint8_t)(server - fixture->service.servers);
		counts[places[i]]++;
	}
}

/** By hash: by weights within a tenth of all, the same each time, and when a server goes
 *  nobody else's client moves. */
START_TEST(scheduler_hash_places)
{
	static const uint32_t weights[SERVERS] = { 1, 2, 4, 1 };
	static uint8_t before[4000], after[4000];
	uint32_t counts[SERVERS];
	struct fixture fixture;

	begin(&fixture, weights);
	place_clients(&fixture, before, counts);
	for (size_t i = 0; i < SERVERS; i++) {
		ck_assert_uint_ge(counts[i], weights[i] * 500 - 100);
		ck_assert_uint_le(counts[i], weights[i] * 500 + 100);
	}
	fixture.service.servers[1].weight = 0;
	place_clients(&fixture, after, counts);
	ck_assert_uint_eq(counts[1], 0);
	for (size_t i = 0; i < 4000; i++)
		ck_assert(after[i] == before[i] || before[i] == 1);
	end(&fixture);
}
END_TEST

UNIT_MAIN("scheduler", scheduler_registry, scheduler_rr_turns, scheduler_wrr_shares,
	scheduler_wrr_changed_weight, scheduler_wlc_shares, scheduler_wlc_extremes,
	scheduler_none, scheduler_hash_places, scheduler_server_takes)
