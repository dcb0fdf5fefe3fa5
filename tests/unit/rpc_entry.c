/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.delete over a real director: it takes what was named, and no more.
 */
#include "tests/unit/explain_fixture.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/** Begins with three entries of one client and one of another. */
static void begin_with_entries(struct explain_fixture *fixture)
{
	explain_begin(fixture, METHOD_DIRECT);
	explain_pass(fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	explain_pass(fixture,
		"203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	explain_pass(fixture, "203.0.113.7:61000 > 192.0.2.1:4500 v2 init icookie=12",
		PACKET_TO_SERVER);
	explain_pass(fixture, "[2001:db8::7]:500 > [2001:db8::1]:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	ck_assert_uint_eq(fixture->director->sessions.entry_count, 4);
}

/** Deletes what params name; so many entries are left. */
static void delete_entries(struct explain_fixture *fixture, json_t *params, size_t left)
{
	size_t before = fixture->director->sessions.entry_count;
	json_t *result = explain_ask(fixture, &explain_writer, IPB_ENTRY_DELETE, params);

	ck_assert_uint_eq(fixture->director->sessions.entry_count, left);
	ck_assert_int_eq(json_integer_value(json_object_get(result, "deleted")),
		(json_int_t)(before - left));
}

/** A flow, a port of a client, or a client is deleted, and no more. */
START_TEST(entries_are_deleted)
{
	struct explain_fixture fixture;

	begin_with_entries(&fixture);
	delete_entries(&fixture,
		json_pack("{ss ss}", "client", "203.0.113.7:61000", "virtual",
			"192.0.2.1:4500"),
		3);
	delete_entries(&fixture, json_pack("{ss}", "client", "[2001:db8::7]:500"), 2);
	delete_entries(&fixture,
		json_pack("{ss ss ss}", "client", "203.0.113.7", "virtual", "192.0.2.1",
			"service", "vpn"),
		0);
	ck_assert_uint_eq(fixture.director->sessions.clients.count, 0);
	ck_assert_uint_eq(fixture.director->sessions.pairs.count, 0);
	explain_end(&fixture);
}
END_TEST

/** What is not there or makes no sense deletes nothing, and so does a reader. */
START_TEST(deletion_is_refused)
{
	static const char *const nonsense[] = { "", "x", "203.0.113.7:", "203.0.113.7:0",
		"203.0.113.7:65536", "203.0.113.7:5x", "[203.0.113.7]:500",
		"2001:db8::7:500:", "[2001:db8::7]", "203.0.113.0/24" };
	struct explain_fixture fixture;

	begin_with_entries(&fixture);
	for (size_t i = 0; i < COUNT(nonsense); i++)
		explain_refused(&fixture, IPB_ENTRY_DELETE,
			json_pack("{ss}", "client", nonsense[i]), IPB_ERROR_PARAMS,
			"client: ");
	explain_refused(
		&fixture, IPB_ENTRY_DELETE, json_object(), IPB_ERROR_PARAMS, "client");
	explain_refused(&fixture, IPB_ENTRY_DELETE,
		json_pack("{ss}", "client", "203.0.113.8"), IPB_ERROR_NOT_FOUND,
		"no such entry");
	explain_refused(&fixture, IPB_ENTRY_DELETE,
		json_pack("{ss ss}", "client", "203.0.113.7:500", "virtual",
			"192.0.2.1:4500"),
		IPB_ERROR_NOT_FOUND, "no such entry");
	const json_t *error = json_object_get(
		explain_call(&fixture, &explain_reader, IPB_ENTRY_DELETE,
			json_pack("{ss}", "client", "203.0.113.7")),
		"error");

	ck_assert_int_eq(json_integer_value(json_object_get(error, "code")),
		IPB_ERROR_PERMISSION);
	ck_assert_uint_eq(fixture.director->sessions.entry_count, 4);
	explain_end(&fixture);
}
END_TEST

UNIT_MAIN("rpc_entry", entries_are_deleted, deletion_is_refused)
