/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a state file. The input is read as one, and once more as records that were
 * given the header and the end they need, so that what the checksum keeps out is tried
 * too. What is restored of it keeps the tables' rules, and can be saved again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/restore.h"
#include "core/snapshot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"

#define MOST_BYTES 65536 /**< longer inputs only take longer */
#define NOW_MS UINT64_C(1000000000)
#define WALL_MS UINT64_C(1800000000000)

static const struct hash_key key = { { 1, 2 } };

/** Ends the process where a rule is broken, so that the fuzzer keeps the input. */
static void require(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/** A director for config. */
static struct director *make_director(const struct config *config)
{
	struct director *director;

	require(director_new(config, &key, NULL, &director) == 0, "memory");
	return director;
}

/** Saves all; returns how many bytes, for the caller to free. */
static size_t save(const struct director *director, uint8_t **ret_data)
{
	struct snapshot snapshot;
	size_t used_bytes = 0;

	*ret_data = NULL;
	snapshot_begin(&snapshot, director, NOW_MS, WALL_MS);
	while (!snapshot_done(&snapshot)) {
		size_t needs_bytes = snapshot_needs_bytes(&snapshot);

		*ret_data = realloc(*ret_data, used_bytes + needs_bytes + 1);
		require(*ret_data != NULL, "memory");
		used_bytes += snapshot_portion(
			&snapshot, *ret_data + used_bytes, needs_bytes);
	}
	return used_bytes;
}

/** What was restored can be saved, and comes back as much as it was. */
static void check_again(const struct config *config, const struct director *director)
{
	struct director *again = make_director(config);
	struct restore_report report;
	uint8_t *data;
	size_t size_bytes = save(director, &data);

	require(restore(again, data, size_bytes, NOW_MS, WALL_MS, &report),
		"what was restored can be saved");
	require(again->sessions.entry_count == director->sessions.entry_count,
		"and its entries come back");
	require(again->sessions.cookies.count == director->sessions.cookies.count,
		"with their handshakes");
	director_free(again);
	free(data);
}

/** Restores a file and looks at the tables. */
static void try_file(const struct config *config, const uint8_t *data, size_t size_bytes)
{
	struct director *director = make_director(config);
	struct restore_report report;
	bool taken = restore(director, data, size_bytes, NOW_MS, WALL_MS + 1000, &report);
	const char *broken = invariants_broken(director, 0);

	require(broken == NULL, broken ? broken : "");
	require(taken || director->sessions.entry_count == 0, "a refused file leaves nothing");
	require(taken == (report.refusal[0] == '\0'), "a refusal has a reason");
	if (taken)
		check_again(config, director);
	director_free(director);
}

/** The input as the records of a file whose header and end are right: the end's seal is
 *  that of the records as they would be read. */
static void try_records(const struct config *config, const uint8_t *data, size_t size_bytes)
{
	uint8_t *file = malloc(RECORD_HEADER_BYTES + size_bytes + RECORD_BYTES);
	struct record_writer writer = { .used_bytes = 0 };
	struct record_reader reader;
	struct record record;
	size_t whole_bytes = RECORD_HEADER_BYTES;

	require(file != NULL, "memory");
	record_portion(&writer, file, RECORD_HEADER_BYTES);
	record_header(&writer, WALL_MS);
	memcpy(file + RECORD_HEADER_BYTES, data, size_bytes);
	require(record_open(&reader, file, RECORD_HEADER_BYTES + size_bytes),
		"a header of ours is taken");
	while (record_next(&reader, &record))
		whole_bytes = reader.cursor.position;
	writer.seal = (struct record_seal){ 0 };
	record_open(&reader, file, whole_bytes);
	while (reader.cursor.position < whole_bytes && record_next(&reader, &record))
		continue;
	writer.seal = reader.seal;
	record_portion(&writer, file + whole_bytes, RECORD_BYTES);
	record_put(&writer, &(struct record){ .kind = RECORD_END });
	require(record_verify(&reader, file, whole_bytes + writer.used_bytes),
		"what was given a right end is whole");
	try_file(config, file, whole_bytes + writer.used_bytes);
	free(file);
}

/** Tries the input both ways. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct config *config = test_config(3);

	if (size_bytes <= MOST_BYTES) {
		config->max_entries = 200;
		config->max_entries_per_client = 5;
		config->services[0].persistence_ms = 3600000;
		config->services[0].persistence_prefix_v4 = 24;
		config->services[0].persistence_prefix_v6 = 64;
		config->services[0].soft_entries = 3;
		try_file(config, data, size_bytes);
		try_records(config, data, size_bytes);
	}
	config_free(config);
	return 0;
}
