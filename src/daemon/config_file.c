/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration file to struct config. libConfuse does the grammar; every key is a row
 * of one table here. Each value is kept with its line until it is judged, so that
 * messages can say where. What concerns several values is in config_check.c.
 *
 * libConfuse has no place for a caller's pointer, and forgets where a section began. It
 * copies an option's default value and, for the one type used here (CFGT_PTR), never
 * looks at its numbers: number carries the pointer to struct config_reader, boolean
 * counts how often a key was given (its default is the first time), and fpnumber of a
 * section's first option keeps the section's first line.
 *
 * It also takes the end of the file for the end of every open section, so that half a
 * file would pass. A last key that nobody types is put behind the text: it must arrive
 * outside of all sections.
 */
#include "daemon/config_file.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_check.h"
#include "daemon/config_read.h"
#include "daemon/config_schema.h"

#define OPTIONS_MAX 64 /**< of one section, with a section inside and the end */
#define LAST_KEY "\001end" /**< stands behind the text */

/** The i-th key of the file, sections too; NULL behind the last. */
const char *config_file_key(size_t index)
{
	static const char *const sections[] = { "service", "server" };

	if (index < 2)
		return sections[index];
	const struct config_key *key = config_schema_at(index - 2);

	return key ? key->name : NULL;
}

/** The reader that the options of cfg carry. */
static struct config_reader *reader_of(const cfg_t *cfg)
{
	return (struct config_reader *)(intptr_t)cfg->opts[0].def.number;
}

/** The line that libConfuse is at; it calls the first one 0 before it has read it. */
static unsigned int line_of(const cfg_t *cfg)
{
	return cfg->line > 0 ? (unsigned int)cfg->line : 1;
}

/** Where the section began: noted when its defaults were given to it. */
static unsigned int section_line(const cfg_t *cfg)
{
	return (unsigned int)cfg->opts[0].def.fpnumber;
}

/** libConfuse hands over one value: keeps it with its line. A default comes this way
 *  too, at the line where its section begins. */
static int value_parse(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct config_reader *reader = reader_of(cfg);
	size_t size_bytes = strlen(text) + 1;
	struct config_value *value = malloc(sizeof(*value) + size_bytes);

	*(void **)result = value;
	if (!value) {
		reader->no_memory = true;
		return 0;
	}
	value->line = line_of(cfg);
	memcpy(value->text, text, size_bytes);
	if (opt->nvalues > 1) /* a further one of a list */
		return 0;
	unsigned int times = (unsigned int)opt->def.boolean + (opt->def.parsed ? 0 : 1);

	if (times == 0)
		cfg->opts[0].def.fpnumber = value->line;
	else if (times == 2)
		config_errors_add(reader->errors, value->line,
			"%s: found a second time, expected once in its section",
			opt->name);
	opt->def.boolean = (cfg_bool_t)(opt->def.boolean + 1);
	return 0;
}

/** Makes the options of one section, and in it the section inner if there is one. */
static void options_fill(cfg_opt_t *options, enum config_section section,
	struct config_reader *reader, const char *inner_name, cfg_opt_t *inner)
{
	const struct config_key *key;
	size_t count = 0;

	memset(options, 0, OPTIONS_MAX * sizeof(*options));
	for (size_t i = 0; (key = config_schema_at(i)) != NULL; i++) {
		if (key->section != section)
			continue;
		options[count++] = (cfg_opt_t){
			.name = key->name,
			.type = CFGT_PTR,
			.flags = key->list ? CFGF_LIST : CFGF_NONE,
			.def = { .number = (long)(intptr_t)reader,
				.parsed = (char *)(uintptr_t)key->fallback },
			.parsecb = value_parse,
			.freecb = free,
		};
	}
	if (section == SECTION_GLOBAL)
		options[count++] = (cfg_opt_t)CFG_INT(LAST_KEY, 0, CFGF_NODEFAULT);
	if (inner)
		options[count++] = (cfg_opt_t)CFG_SEC(inner_name, inner,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	options[count] = (cfg_opt_t)CFG_END();
}

/** Lists the keys that could have stood here. */
static void expect_keys(const cfg_t *cfg, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "one of:");
	for (const cfg_opt_t *opt = cfg->opts; opt->name; opt++) {
		size_t used = strlen(out);

		if (strcmp(opt->name, LAST_KEY) == 0)
			continue;
		snprintf(out + used, out_bytes - used, " %s", opt->name);
	}
}

/** libConfuse found a mistake in the grammar: says it with what it should have been. */
static __attribute__((format(printf, 2, 0))) void report(
	cfg_t *cfg, const char *format, va_list arguments)
{
	static const struct {
		const char *found;
		const char *expected; /**< NULL: the section's keys */
	} hints[] = {
		{ "no such option", NULL },
		{ "found the end of the file in s", "\"}\" for each \"{\"" },
		{ "found the end of the file in a", "its end, quotes in pairs" },
		{ "found duplicate title", "another name" },
		{ "missing title", "a name before \"{\"" },
		{ "missing opening brace", "\"{\"" },
		{ "missing equal sign", "KEY = VALUE" },
		{ "attempt to append", "\"=\"" },
		{ "unterminated", "a closing quote" },
	};
	const char *expected = "KEY = VALUE, a section, or \"}\" at its end";
	char found[160];
	char keys[960];

	vsnprintf(found, sizeof(found), format, arguments);
	if (strstr(found, LAST_KEY) || strncmp(found, "premature end", 13) == 0)
		snprintf(found, sizeof(found), "found the end of the file in %s",
			cfg_title(cfg) ? cfg_name(cfg) : "a value");
	expect_keys(cfg, keys, sizeof(keys));
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strncmp(found, hints[i].found, strlen(hints[i].found)) == 0)
			expected = hints[i].expected ? hints[i].expected : keys;
	config_errors_add(reader_of(cfg)->errors, line_of(cfg), "%s, expected %s", found,
		expected);
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
		section_line(cfg_getnsec(cfg, name, (unsigned int)max)),
		"found %zu sections %s, expected at most %zu", count, name, max);
	return max;
}

/** Fills one server, which comes with what its service says for all. */
static void server_apply(struct config_reader *reader, cfg_t *cfg,
	struct config_server *server, struct server_places *places)
{
	places->begin = section_line(cfg);
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

	places->begin = section_line(cfg);
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

/** The line that was read last: a section under way counts for itself. */
static unsigned int last_line(cfg_t *cfg, const char *const *sections)
{
	unsigned int line = line_of(cfg);
	unsigned int count = *sections ? cfg_size(cfg, *sections) : 0;

	if (count > 0) {
		unsigned int inner =
			last_line(cfg_getnsec(cfg, *sections, count - 1), sections + 1);

		line = inner > line ? inner : line;
	}
	return line;
}

/** libConfuse refuses an empty name without a word: says it for it. */
static void report_silence(struct config_reader *reader, cfg_t *cfg)
{
	static const char *const sections[] = { "service", "server", NULL };

	if (reader->errors->count == 0 && !reader->no_memory)
		config_errors_add(reader->errors, last_line(cfg, sections),
			"found an empty name, expected KEY = VALUE");
}

/** Runs libConfuse over text with its last key. -EINVAL: the grammar is wrong, errors say
 *  where; -ENOMEM. */
static int grammar_parse(struct config_reader *reader, cfg_t *cfg, const char *text)
{
	size_t length = strlen(text);
	bool ended = length > 0 && text[length - 1] == '\n';
	char *whole = NULL;
	int rc = -ENOMEM;

	if (asprintf(&whole, "%s%s" LAST_KEY " = 1\n", text, ended ? "" : "\n") == -1)
		return -ENOMEM;
	FILE *stream = fmemopen(whole, strlen(whole), "r");

	if (!stream)
		goto free_whole;
	rc = cfg_parse_fp(cfg, stream) == CFG_SUCCESS ? 0 : -EINVAL;
	if (rc == 0 && cfg_size(cfg, LAST_KEY) == 0) {
		config_errors_add(reader->errors, line_of(cfg),
			"found the end of the file in a comment, expected \"*/\"");
		rc = -EINVAL;
	}
	if (rc < 0)
		report_silence(reader, cfg);
	fclose(stream);
free_whole:
	free(whole);
	return rc;
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

/** Reads text with the options made for it. */
static int text_read(struct config_reader *reader, cfg_opt_t *options, const char *text,
	struct config *config)
{
	cfg_t *cfg = cfg_init(options, CFGF_NONE);

	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, report);
	int rc = grammar_parse(reader, cfg, text);

	if (rc == 0)
		rc = values_read(reader, cfg, config);
	cfg_free(cfg);
	return reader->no_memory ? -ENOMEM : rc;
}

/** Reads a configuration from memory. */
int config_file_parse(const char *name, const char *text, struct config **ret_config,
	struct config_errors *errors)
{
	struct config_reader reader = { .errors = errors };
	cfg_opt_t globals[OPTIONS_MAX], services[OPTIONS_MAX], servers[OPTIONS_MAX];
	struct config *config = malloc(sizeof(*config));

	config_errors_init(errors, name);
	if (!config)
		return -ENOMEM;
	config_defaults(config);
	options_fill(servers, SECTION_SERVER, &reader, NULL, NULL);
	options_fill(services, SECTION_SERVICE, &reader, "server", servers);
	options_fill(globals, SECTION_GLOBAL, &reader, "service", services);

	int rc = text_read(&reader, globals, text, config);

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
