/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other traffic of a service: it needs persistence, and marks that tell services apart.
 */
#include "daemon/config_check.h"

/** The service before this one that has the same mark for its traffic, or NULL. */
static const struct config_service *mark_owner(const struct config *config,
	const struct config_service *service, uint32_t mark)
{
	for (const struct config_service *other = config->services; other < service; other++) {
		for (size_t i = 0; i < other->also_count; i++) {
			if (other->also[i].mark == mark)
				return other;
		}
	}
	return NULL;
}

/** Checks one mark of the administrator's: it must leave our bits alone, and be of one
 *  service. */
static void check_mark(const struct config *config, const struct config_service *service,
	uint32_t mark, unsigned int line, struct config_errors *errors)
{
	const struct config_service *owner = mark_owner(config, service, mark);

	if (mark & config->mark_mask)
		config_errors_add(errors, line,
			"also: found mark/%#x, expected no bit of mark-mask %#x", mark,
			config->mark_mask);
	if (owner)
		config_errors_add(errors, line,
			"also: found mark/%#x, which service %s has already, expected "
			"another mark",
			mark, owner->name);
}

/** Checks a service's other traffic. */
void config_check_also(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	if (service->also_count && !service->persistence_ms)
		config_errors_add(errors, places->also,
			"also: found without persistence in service %s, expected "
			"persistence = SECONDS too",
			service->name);
	for (size_t i = 0; i < service->also_count; i++) {
		if (service->also[i].mark)
			check_mark(config, service, service->also[i].mark, places->also,
				errors);
	}
}
