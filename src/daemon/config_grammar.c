/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libConfuse does the grammar; every key is a row of config_schema.c's table.
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
#include "daemon/config_grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 64 /**< of one section, with a section inside and the end */
#define LAST_KEY "\001end" /**< stands behind the text */

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
unsigned int config_grammar_line(const cfg_t *cfg)
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
static int text_parse(struct config_reader *reader, cfg_t *cfg, const char *text)
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

/** Makes the options of all sections and runs libConfuse, which copies them. */
int config_grammar_parse(struct config_reader *reader, const char *text, cfg_t **ret_cfg)
{
	cfg_opt_t globals[OPTIONS_MAX], services[OPTIONS_MAX], servers[OPTIONS_MAX];
	cfg_t *cfg;
	int rc;

	options_fill(servers, SECTION_SERVER, reader, NULL, NULL);
	options_fill(services, SECTION_SERVICE, reader, "server", servers);
	options_fill(globals, SECTION_GLOBAL, reader, "service", services);
	cfg = cfg_init(globals, CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, report);
	rc = text_parse(reader, cfg, text);
	if (reader->no_memory)
		rc = -ENOMEM;
	if (rc == 0)
		*ret_cfg = cfg;
	else
		cfg_free(cfg);
	return rc;
}
