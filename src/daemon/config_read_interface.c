/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of interfaces in the configuration file. Whether there are such is not asked: they
 * may come later.
 */
#include <string.h>

#include "daemon/config_read.h"

#define QUOTE_BYTES 64 /**< of what was found, in a message */

/** Tells whether the kernel would take the name. */
static bool name_is_good(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < CONFIG_INTERFACE_BYTES &&
		!strpbrk(text, "/: \t\n\v\f\r") && strcmp(text, ".") != 0 &&
		strcmp(text, "..") != 0;
}

/** Reads one name. */
void config_read_interface(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	struct config *config = target->object;

	if (!name_is_good(value->text)) {
		config_errors_add(reader->errors, value->line,
			"%s: found \"%.*s\", expected names of 1 to 15 characters without / "
			"and :",
			key->name, QUOTE_BYTES, value->text);
		return;
	}
	if (config->interface_count == CONFIG_INTERFACES) {
		config_errors_add(reader->errors, value->line,
			"%s: found more, expected at most %d names", key->name,
			CONFIG_INTERFACES);
		return;
	}
	strcpy(config->interfaces[config->interface_count++], value->text);
}
