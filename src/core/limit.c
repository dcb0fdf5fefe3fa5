/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/limit.h"

#include <string.h>

static const char *const names[LIMITS] = {
	[LIMIT_INDEX(LIMIT_FIRST, LIMIT_FROM)] = "first-source",
	[LIMIT_INDEX(LIMIT_FIRST, LIMIT_TO)] = "first-service",
	[LIMIT_INDEX(LIMIT_FIRST, LIMIT_ALL)] = "first-total",
	[LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_FROM)] = "isakmp-source",
	[LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_TO)] = "isakmp-service",
	[LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_ALL)] = "isakmp-total",
	[LIMIT_INDEX(LIMIT_ESP, LIMIT_FROM)] = "esp-source",
	[LIMIT_INDEX(LIMIT_ESP, LIMIT_TO)] = "esp-service",
	[LIMIT_INDEX(LIMIT_ESP, LIMIT_ALL)] = "esp-total",
	[LIMIT_INDEX(LIMIT_AH, LIMIT_FROM)] = "ah-source",
	[LIMIT_INDEX(LIMIT_AH, LIMIT_TO)] = "ah-service",
	[LIMIT_INDEX(LIMIT_AH, LIMIT_ALL)] = "ah-total",
	[LIMIT_INDEX(LIMIT_KNOWN, LIMIT_FROM)] = "known-source",
	[LIMIT_INDEX(LIMIT_KNOWN, LIMIT_TO)] = "known-service",
	[LIMIT_INDEX(LIMIT_KNOWN, LIMIT_ALL)] = "known-total",
};

/** The name of a limit. */
const char *limit_name(size_t index)
{
	return index < LIMITS ? names[index] : NULL;
}

/** Looks a name up. */
size_t limit_find(const char *name)
{
	size_t index = 0;

	while (index < LIMITS && strcmp(names[index], name) != 0)
		index++;
	return index;
}

/** Looks at those of strangers. */
bool limit_is_any(const uint32_t limits[static LIMITS])
{
	size_t index = 0;

	while (index < LIMITS_OF_STRANGERS && !limits[index])
		index++;
	return index < LIMITS_OF_STRANGERS;
}
