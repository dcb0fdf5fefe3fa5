/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPI bindings: found, ambiguous, bounded by their own service's oldest, forgotten.
 */
#include "core/spi.h"

#include "core/director.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define LIMIT 4

static const struct hash_key key = { { 3, 4 } };

/** A director with two services and a small table of SPIs. */
struct fixture {
	struct config *config;
	struct director *director;
	struct service *service;
	struct spi_table *table;
};

/** Begins with no binding. */
static void begin(struct fixture *fixture)
{
	fixture->config = test_config(2);
	test_config_add_service(fixture->config, "other", "192.0.2.2");
	fixture->config->max_entries = LIMIT;
	fixture->config->services[0].learn_spi = true;
	fixture->config->services[0].timeout_established_ms = 100;
	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &fixture->director), 0);
	fixture->service = &fixture->director->services[0];
	fixture->table = &fixture->director->spis;
}

/** Frees all, bindings too. */
static void end(struct fixture *fixture)
{
	director_free(fixture->director);
	config_free(fixture->config);
}

/** The server of spi, which must not be ambiguous. */
static struct server *found(const struct fixture *fixture, const struct service *service,
	uint32_t spi)
{
	bool is_ambiguous;
	struct server *server = spi_find(fixture->table, service, spi, &is_ambiguous);

	ck_assert(!is_ambiguous);
	return server;
}

/** A binding is of its service alone; a second server makes it ambiguous. */
START_TEST(spi_is_found)
{
	struct fixture fixture;
	struct server *servers;
	bool is_ambiguous;

	begin(&fixture);
	servers = fixture.service->servers;
	ck_assert_ptr_null(found(&fixture, fixture.service, 7));
	spi_note(fixture.table, fixture.service, &servers[0], 7, 0);
	spi_note(fixture.table, fixture.service, &servers[0], 7, 0);
	ck_assert_uint_eq(fixture.table->bindings.count, 1);
	ck_assert_ptr_eq(found(&fixture, fixture.service, 7), &servers[0]);
	ck_assert_ptr_null(found(&fixture, &fixture.director->services[1], 7));
	spi_note(fixture.table, fixture.service, &servers[1], 7, 0);
	ck_assert_ptr_null(spi_find(fixture.table, fixture.service, 7, &is_ambiguous));
	ck_assert(is_ambiguous);
	end(&fixture);
}
END_TEST

/** Where the table is full the one not used for longest goes. */
START_TEST(spi_is_bounded)
{
	struct fixture fixture;
	struct server *server;

	begin(&fixture);
	server = fixture.service->servers;
	for (uint32_t spi = 1; spi <= LIMIT; spi++)
		spi_note(fixture.table, fixture.service, server, spi, spi);
	spi_note(fixture.table, fixture.service, server, 1, 10);
	spi_note(fixture.table, fixture.service, server, 9, 11);
	ck_assert_uint_eq(fixture.table->bindings.count, LIMIT);
	ck_assert_ptr_null(found(&fixture, fixture.service, 2));
	ck_assert_ptr_eq(found(&fixture, fixture.service, 1), server);
	ck_assert_ptr_eq(found(&fixture, fixture.service, 9), server);
	/* a service without any finds no room, and takes none from others */
	spi_note(fixture.table, &fixture.director->services[1], server, 12, 12);
	ck_assert_uint_eq(fixture.table->bindings.count, LIMIT);
	ck_assert_ptr_null(found(&fixture, &fixture.director->services[1], 12));
	end(&fixture);
}
END_TEST

/** What is not used is forgotten in its time, a portion at a time. */
START_TEST(spi_is_forgotten)
{
	struct fixture fixture;
	struct server *server;

	begin(&fixture);
	server = fixture.service->servers;
	ck_assert_uint_eq(spi_next_expiry_ms(fixture.service), UINT64_MAX);
	for (uint32_t spi = 1; spi <= 3; spi++)
		spi_note(fixture.table, fixture.service, server, spi, spi);
	ck_assert_uint_eq(director_next_expiry_ms(fixture.director), 101);
	ck_assert_uint_eq(director_expire(fixture.director, 100, 10), 0);
	ck_assert_uint_eq(director_expire(fixture.director, 102, 1), 1);
	ck_assert_ptr_null(found(&fixture, fixture.service, 1));
	ck_assert_ptr_eq(found(&fixture, fixture.service, 2), server);
	ck_assert_uint_eq(director_expire(fixture.director, 102, 10), 1);
	ck_assert_uint_eq(fixture.table->bindings.count, 1);
	end(&fixture);
}
END_TEST

UNIT_MAIN("spi", spi_is_found, spi_is_bounded, spi_is_forgotten)
