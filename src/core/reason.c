/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/reason.h"

static const char *const names[] = {
#define REASON_NAME(enumerator, name, text) [REASON_##enumerator] = name,
	REASON_LIST(REASON_NAME)
#undef REASON_NAME
};

static const char *const texts[] = {
#define REASON_TEXT(enumerator, name, text) [REASON_##enumerator] = text,
	REASON_LIST(REASON_TEXT)
#undef REASON_TEXT
};

/** The reason's name. */
const char *reason_name(enum reason reason)
{
	return reason < REASON_COUNT ? names[reason] : "?";
}

/** What it tells an operator. */
const char *reason_text(enum reason reason)
{
	return reason < REASON_COUNT ? texts[reason] : "?";
}
