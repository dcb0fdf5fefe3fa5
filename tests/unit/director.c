/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/director.h"

#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

static const struct hash_key key = { { 7, 8 } };

/** A director of two services. */
static struct director *two_services(
	struct config **ret_config, const struct session_events *events)
{
	struct director *director = NULL;

	*ret_config = test_config(2);
	test_config_add_service(*ret_config, "other", "192.0.2.2");
	ck_assert_int_eq(director_new(*ret_config, &key, events, &director), 0);
	return director;
}

/** Adds an entry of a client to a service. */
static struct session_entry *add(struct director *director, struct service *service,
	const char *client, uint64_t now_ms)
{
	struct packet_flow flow = { .client_port = 500, .virtual_port = 500 };
	struct session_entry *entry = NULL;

	flow.client = test_address(client);
	flow.virtual = service->config->addresses[0];
	ck_assert_int_eq(session_add(&director->sessions, service, &service->servers[0],
				 &flow, now_ms, &entry),
		0);
	return entry;
}

/** Services by any of their addresses and by name; nothing for neighbours. */
START_TEST(director_finds_services)
{
	struct config *config;
	struct director *director = two_services(&config, NULL);
	struct address address = test_address("192.0.2.1");

	ck_assert_uint_eq(director->service_count, 2);
	ck_assert_ptr_eq(director_service_at(director, &address), &director->services[0]);
	address = test_address("2001:db8::1");
	ck_assert_ptr_eq(director_service_at(director, &address), &director->services[0]);
	address = test_address("192.0.2.2");
	ck_assert_ptr_eq(director_service_at(director, &address), &director->services[1]);
	address = test_address("192.0.2.3");
	ck_assert_ptr_null(director_service_at(director, &address));
	address.family = 0;
	ck_assert_ptr_null(director_service_at(director, &address));
	ck_assert_ptr_eq(director_service(director, "vpn"), &director->services[0]);
	ck_assert_ptr_eq(director_service(director, "other"), &director->services[1]);
	ck_assert_ptr_null(director_service(director, "vp"));
	ck_assert_ptr_null(director_service(director, ""));
	director_free(director);
	config_free(config);
}
END_TEST

/** Live state begins as configured and is not the configuration. */
START_TEST(director_begins_as_configured)
{
	struct config *config;
	struct director *director;

	config = test_config(2);
	config->services[0].servers[1].weight = 9;
	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	ck_assert_uint_eq(director->services[0].servers[1].weight, 9);
	director->services[0].servers[1].weight = 0;
	ck_assert_uint_eq(config->services[0].servers[1].weight, 9);
	ck_assert_uint_eq(director->sessions.limits.entries, config->max_entries);
	ck_assert_uint_eq(director_next_expiry_ms(director), UINT64_MAX);
	director_free(director);
	config_free(config);
}
END_TEST

/** The earliest expiry over services and states; a bounded number at once. */
START_TEST(director_expires)
{
	struct config *config;
	struct director *director = two_services(&config, NULL);
	struct session_entry *entry;

	config->services[1].timeout_initial_ms = 10000;
	add(director, &director->services[0], "203.0.113.1", 0);
	add(director, &director->services[1], "203.0.113.2", 1);
	add(director, &director->services[1], "203.0.113.3", 2);
	entry = add(director, &director->services[0], "203.0.113.4", 3);
	session_establish(&director->sessions, entry, 3);
	ck_assert_uint_eq(director_next_expiry_ms(director), 10001);
	ck_assert_uint_eq(director_expire(director, 10000, 100), 0);
	ck_assert_uint_eq(director_expire(director, 30000, 2), 2);
	ck_assert_uint_eq(director_expire(director, 30000, 2), 1);
	ck_assert_uint_eq(director_expire(director, 30000, 2), 0);
	ck_assert_uint_eq(director_next_expiry_ms(director), 18000003);
	ck_assert_uint_eq(director_expire(director, 18000003, 0), 0);
	ck_assert_uint_eq(director_expire(director, 18000003, 1), 1);
	ck_assert_uint_eq(director_next_expiry_ms(director), UINT64_MAX);
	director_free(director);
	config_free(config);
}
END_TEST

/** Counters of services and of none add up. */
START_TEST(director_counts)
{
	struct config *config;
	struct director *director = two_services(&config, NULL);

	director->counters[REASON_KEEPALIVE] = 1;
	director->services[0].counters[REASON_KEEPALIVE] = 10;
	director->services[1].counters[REASON_KEEPALIVE] = 100;
	ck_assert_uint_eq(director_count(director, REASON_KEEPALIVE), 111);
	ck_assert_uint_eq(director_count(director, REASON_SLAVE), 0);
	director_free(director);
	config_free(config);
}
END_TEST

/** Counts announced removals. */
static void on_removed(void *user, struct session_entry *entry)
{
	unsigned int *removed = user;

	ck_assert_ptr_nonnull(entry->client->service->config);
	(*removed)++;
}

/** Whatever is left at the end is announced; freeing nothing is harmless. */
START_TEST(director_frees)
{
	unsigned int removed = 0;
	struct session_events events = { .removed = on_removed, .user = &removed };
	struct config *config;
	struct director *director = two_services(&config, &events);

	add(director, &director->services[0], "203.0.113.1", 0);
	add(director, &director->services[1], "203.0.113.1", 0);
	add(director, &director->services[1], "203.0.113.2", 0);
	director_free(director);
	ck_assert_uint_eq(removed, 3);
	director_free(NULL);
	config_free(config);
	config_free(NULL);
}
END_TEST

UNIT_MAIN("director", director_finds_services, director_begins_as_configured,
	director_expires, director_counts, director_frees)
