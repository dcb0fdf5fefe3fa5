/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of the configuration file as a table: name, section, bounds, default, and the
 * function that judges a value. It knows values and struct config, not the grammar.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "daemon/config_errors.h"

#define CONFIG_NO_PLACE SIZE_MAX

enum config_section {
	SECTION_GLOBAL,
	SECTION_SERVICE,
	SECTION_SERVER,
};

/** One value as it stands in the file. */
struct config_value {
	unsigned int line;
	char text[];
};

/** What reading one file needs to know. */
struct config_reader {
	struct config_errors *errors;
	bool no_memory;
};

/** Where a value goes: the object and the lines that belong to it. */
struct config_target {
	void *object;
	void *places;
};

/** One word that a key may have as its value. */
struct config_choice {
	const char *name; /**< NULL ends a list of them */
	uint64_t value;
};

struct config_key;

/** Judges one value and stores it, or adds to the errors. */
typedef void config_read_fn(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target);

struct config_key {
	enum config_section section;
	const char *name;
	config_read_fn *read;
	const char *fallback; /**< as it would stand in the file; NULL: none */
	uint64_t min, max;    /**< of a number, as written */
	uint64_t scale;       /**< from the file's unit to the struct's */
	const char *unit;     /**< for messages, may be "" */
	const struct config_choice *choices; /**< of a key whose value is a word */
	bool list;
	bool in_places;            /**< the field is in the places: servers inherit it */
	size_t offset, size_bytes; /**< of the field in the object */
	size_t place;              /**< of its line in the places, or CONFIG_NO_PLACE */
};

/** The i-th row of the table, NULL behind the last. */
const struct config_key *config_schema_at(size_t index);
