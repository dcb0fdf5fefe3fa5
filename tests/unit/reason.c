/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/reason.h"

#include <ctype.h>
#include <string.h>

#include "core/decide.h"
#include "core/packet.h"
#include "tests/unit/unit.h"

/** Scripts read the names: lower case, digits and dashes, none empty, none twice. */
START_TEST(reason_names)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *name = reason_name((enum reason)i);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_gt(strlen(name), 0);
		for (const char *c = name; *c != '\0'; c++)
			ck_assert_msg(islower((unsigned char)*c) ||
					      isdigit((unsigned char)*c) || *c == '-',
				"%s", name);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(name, reason_name((enum reason)j));
	}
}
END_TEST

/** Every reason is explained; a number out of range is no crash. */
START_TEST(reason_texts)
{
	for (int i = 0; i < REASON_COUNT; i++)
		ck_assert_uint_gt(strlen(reason_text((enum reason)i)), 0);
	ck_assert_ptr_nonnull(reason_name(REASON_COUNT));
	ck_assert_ptr_nonnull(reason_text(REASON_COUNT));
	ck_assert_ptr_nonnull(reason_name((enum reason)100000));
	ck_assert_ptr_nonnull(reason_text((enum reason)100000));
}
END_TEST

/** Kinds and actions have names of their own too. */
START_TEST(reason_other_names)
{
	for (int i = PACKET_MALFORMED; i <= PACKET_FRAGMENT; i++)
		for (int j = PACKET_MALFORMED; j < i; j++)
			ck_assert_str_ne(packet_kind_name((enum packet_kind)i),
				packet_kind_name((enum packet_kind)j));
	for (int i = DECISION_FORWARD; i <= DECISION_PASS; i++)
		for (int j = DECISION_FORWARD; j < i; j++)
			ck_assert_str_ne(decision_action_name((enum decision_action)i),
				decision_action_name((enum decision_action)j));
}
END_TEST

UNIT_MAIN("reason", reason_names, reason_texts, reason_other_names)
