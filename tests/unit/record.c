/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file's format: what is not whole is refused before anything of it is used, and
 * what is written in portions is whole.
 */
#include <string.h>

#include "core/snapshot.h"
#include "tests/lib/test_config.h"
#include "tests/unit/record_fixture.h"
#include "tests/unit/unit.h"

/** Torn behind whatever byte: refused, nothing restored. */
START_TEST(record_torn)
{
	struct config *config = test_config(3);
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_key, NULL);
	struct restore_report report;
	struct fixture_file whole, torn;

	fixture_fill(before);
	fixture_save(before, NOW_MS, &whole);
	for (size_t size_bytes = 0; size_bytes < whole.size_bytes; size_bytes++) {
		torn = whole;
		torn.size_bytes = size_bytes;
		ck_assert(!fixture_restore(after, &torn, 0, &report));
		ck_assert_ptr_nonnull(strstr(report.refusal, "torn"));
		ck_assert(!report.is_foreign);
		ck_assert_uint_eq(after->sessions.entry_count, 0);
	}
	whole.data[whole.size_bytes++] = 0;
	ck_assert(!fixture_restore(after, &whole, 0, &report));
	ck_assert_str_eq(report.refusal, "there is more behind its end");
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Any one bit changed: refused, nothing restored. */
START_TEST(record_changed)
{
	struct config *config = test_config(3);
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_key, NULL);
	struct restore_report report;
	struct fixture_file file;

	fixture_fill(before);
	fixture_save(before, NOW_MS, &file);
	for (size_t bit = 0; bit < file.size_bytes * 8; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(!fixture_restore(after, &file, 0, &report), "bit %zu", bit);
		ck_assert_int_eq(report.is_foreign, bit < 64);
		ck_assert_uint_eq(after->sessions.entry_count, 0);
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(fixture_restore(after, &file, 0, &report));
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Somebody else's file, another version, zeros, another time: each with its own reason. */
START_TEST(record_refused)
{
	struct config *config = test_config(1);
	struct director *director = fixture_director(config, &fixture_key, NULL);
	struct restore_report report;
	struct fixture_file file;

	fixture_save(director, NOW_MS, &file);
	ck_assert(!fixture_restore(director, &file,
		config->services[0].timeout_established_ms, &report));
	ck_assert_str_eq(report.refusal, "it is 18000 seconds old, all in it has expired");
	ck_assert(!restore(director, file.data, file.size_bytes, NOW_MS, WALL_MS - 60001,
		&report));
	ck_assert_str_eq(report.refusal, "it was saved in the future, as the clock has it");
	ck_assert(restore(director, file.data, file.size_bytes, NOW_MS, WALL_MS - 60000,
		&report));
	file.data[11] = 9;
	ck_assert(!fixture_restore(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it has version 9 of the format, expected 1");
	strcpy((char *)file.data, "#!/bin/sh\nexit 0\n");
	ck_assert(!fixture_restore(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it is no state file of ours");
	ck_assert(report.is_foreign);
	memset(file.data, 0, file.size_bytes);
	ck_assert(!fixture_restore(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it is torn: its beginning is missing");
	director_free(director);
	config_free(config);
}
END_TEST

/** The tables change between portions: what was there all the time is in the file once. */
START_TEST(record_changes_meanwhile)
{
	struct config *config = test_config(2);
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_key, NULL);
	struct snapshot snapshot;
	struct restore_report report;
	struct fixture_file file = { .size_bytes = 0 };
	size_t portions = 0;

	for (unsigned int i = 1; i <= 100; i++)
		fixture_establish(before, i, 500, NOW_MS - 1000);
	snapshot_begin(&snapshot, before, NOW_MS, WALL_MS);
	for (unsigned int i = 1; !snapshot_done(&snapshot); i++, portions++) {
		size_t used_bytes = snapshot_portion(&snapshot,
			file.data + file.size_bytes, snapshot_needs_bytes(&snapshot));

		file.size_bytes += used_bytes;
		if (i <= 100)
			fixture_establish(before, 101 + i % 100, 4500, NOW_MS + i);
	}
	ck_assert_uint_gt(portions, 100);
	ck_assert(fixture_restore(after, &file, 0, &report));
	for (unsigned int i = 1; i <= 100; i++) {
		struct packet packet = fixture_isakmp(i, 500, 1, 0);

		ck_assert_ptr_nonnull(session_find_flow(&after->sessions, &packet.flow));
	}
	ck_assert_uint_eq(report.no_room, 0);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

UNIT_MAIN("record", record_torn, record_changed, record_refused, record_changes_meanwhile)
