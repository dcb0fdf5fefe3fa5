/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration file to struct config. What each key is the schema says; what concerns several
 * values is in config_check.c.
 */
#include "daemon/config_file.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_check.h"
#include "daemon/config_grammar.h"
#include "daemon/config_read.h"
#include "daemon/config_schema.h"

/** The i-th key of the file, sections too; NULL behind the last. */
const char *config_file_key(size_t index)
{
	static const char *const sections[] = { "service", "server" };

	if (index < 2)
		return sections[index];
	const struct config_key *key = config_schema_at(index - 2);

	return key ? key->name : NULL;
}

/** Judges and stores the values of one key. */
static void key_apply(struct config_reader *reader, const struct config_key *key,
	cfg_t *cfg, const struct config_target *target)
{
	cfg_opt_t *opt = cfg_getopt(cfg, key->name);

	for (unsigned int i = 0; opt && i < cfg_opt_size(opt); i++) {
		const struct config_value *value = cfg_opt_getnptr(opt, i);

		if (!value)
			continue;
		if (key->place != CONFIG_NO_PLACE)
			memcpy((char *)target->places + key->place, &value->line,
				sizeof(value->line));
		key->read(reader, key, value, target);
	}
}

/** Judges and stores all values of a section. */
static void section_apply(struct config_reader *reader, enum config_section section,
	cfg_t *cfg, void *object, void *places)
{
	struct config_target target = { .object = object, .places = places };

	const struct config_key *key;

	for (size_t i = 0; (key = config_schema_at(i)) != NULL; i++)
		if (key->section == section)
			key_apply(reader, key, cfg, &target);
}

/** How many sections of that name to read: at most max, more is an error. */
static size_t sections_counted(
	struct config_reader *reader, cfg_t *cfg, const char *name, size_t max)
{
	size_t count = cfg_size(cfg, name);

	if (count <= max)
		return count;
	config_errors_add(reader->errors,
		config_grammar_line(cfg_getnsec(cfg, name, (unsigned int)max)),
		"found %zu sections %s, expected at most %zu", count, name, max);
	return max;
}

/** Fills one server, which comes with what its service says for all. */
static void server_apply(struct config_reader *reader, cfg_t *cfg,
	struct config_server *server, struct server_places *places)
{
	places->begin = config_grammar_line(cfg);
	config_read_title(reader, "server", cfg_title(cfg), places->begin, server->name);
	section_apply(reader, SECTION_SERVER, cfg, server, places);
	if (server->method == METHOD_NAT && !places->replies)
		server->replies_seen = true;
}

/** Fills one service and its servers, numbered on from config->server_count. */
static void service_apply(struct config_reader *reader, cfg_t *cfg, struct config *config,
	struct config_service *service, struct service_places *places)
{
	size_t count = sections_counted(reader, cfg, "server", CONFIG_SERVERS);

	places->begin = config_grammar_line(cfg);
	config_read_title(
		reader, "service", cfg_title(cfg), places->begin, service->name);
	service->ah = true;
	section_apply(reader, SECTION_SERVICE, cfg, service, places);
	service->servers = calloc(count ? count : 1, sizeof(*service->servers));
	places->servers = calloc(count ? count : 1, sizeof(*places->servers));
	if (!service->servers || !places->servers) {
		reader->no_memory = true;
		return;
	}
	service->server_count = count;
	for (size_t i = 0; i < count; i++) {
		service->servers[i] = places->defaults;
		server_apply(reader, cfg_getnsec(cfg, "server", (unsigned int)i),
			&service->servers[i], &places->servers[i]);
		service->servers[i].index = (uint32_t)config->server_count++;
	}
	config_refuse_challenge(service, places, reader->errors);
}

/** Fills the whole configuration. */
static void config_apply(struct config_reader *reader, cfg_t *cfg, struct config *config,
	struct config_places *places)
{
	size_t count = sections_counted(reader, cfg, "service", CONFIG_SERVICES);

	section_apply(reader, SECTION_GLOBAL, cfg, config, places);
	config->services = calloc(count ? count : 1, sizeof(*config->services));
	places->services = calloc(count ? count : 1, sizeof(*places->services));
	if (!config->services || !places->services) {
		reader->no_memory = true;
		return;
	}
	config->service_count = places->service_count = count;
	for (size_t i = 0; i < count; i++)
		service_apply(reader, cfg_getnsec(cfg, "service", (unsigned int)i),
			config, &config->services[i], &places->services[i]);
}

/** Makes config of the values in cfg, and checks what they are together. */
static int values_read(struct config_reader *reader, cfg_t *cfg, struct config *config)
{
	struct config_places places = { 0 };

	config_apply(reader, cfg, config, &places);
	/* Half-read values would only bring complaints about what is not there. */
	if (!reader->no_memory && reader->errors->count == 0)
		config_check(config, &places, reader->errors);
	config_places_fini(&places);
	if (reader->no_memory)
		return -ENOMEM;
	return reader->errors->count ? -EINVAL : 0;
}

/** Reads a configuration from memory. */
int config_file_parse(const char *name, const char *text, struct config **ret_config,
	struct config_errors *errors)
{
	struct config_reader reader = { .errors = errors };
	struct config *config = malloc(sizeof(*config));
	cfg_t *cfg;
	int rc;

	config_errors_init(errors, name);
	if (!config)
		return -ENOMEM;
	config_defaults(config);
	rc = config_grammar_parse(&reader, text, &cfg);
	if (rc == 0) {
		rc = values_read(&reader, cfg, config);
		cfg_free(cfg);
	}
	config_errors_sort(errors);
	if (rc < 0) {
		config_free(config);
		return rc;
	}
	*ret_config = config;
	return 0;
}

/** Reads a whole file, which must be text, into memory of the caller. */
static int file_read(const char *path, char **ret_text, struct config_errors *errors)
{
	char *text = NULL;
	int rc;
	FILE *stream = fopen(path, "re");

	if (!stream)
		return -errno;
	rc = -ENOMEM;
	text = malloc(CONFIG_FILE_BYTES + 1);
	if (!text)
		goto close;
	size_t size_bytes = fread(text, 1, CONFIG_FILE_BYTES + 1, stream);

	rc = ferror(stream) ? -EIO : 0;
	if (rc == 0 && size_bytes > CONFIG_FILE_BYTES)
		rc = -EFBIG;
	if (rc < 0)
		goto close;
	text[size_bytes] = '\0';
	if (strlen(text) != size_bytes) {
		config_errors_add(errors, 0, "found a zero byte, expected text");
		rc = -EINVAL;
		goto close;
	}
	*ret_text = text;
	text = NULL;
close:
	free(text);
	fclose(stream);
	return rc;
}

/** Reads a configuration file. */
int config_file_load(
	const char *path, struct config **ret_config, struct config_errors *errors)
{
	char *text = NULL;

	config_errors_init(errors, path);
	int rc = file_read(path, &text, errors);

	if (rc < 0) {
		if (errors->count == 0)
			config_errors_add(errors, 0, "cannot be read: %s", strerror(-rc));
		return rc;
	}
	rc = config_file_parse(path, text, ret_config, errors);
	free(text);
	return rc;
}
