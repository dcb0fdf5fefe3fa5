/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test's main is: a list of check's tests, run in this process, so that a
 * leak is seen at the end; or a suite with cases of its own.
 */
#pragma once

#include <check.h>
#include <stddef.h>

/** Runs the tests and gives main's exit status. */
int unit_run(const char *name, const TTest *const *tests, size_t count);

/** Runs a suite, each test in a process of its own, which may be killed, and gives main's exit
 *  status. */
int unit_run_suite(Suite *suite);

/** main of a test program: the module's name, then its tests. */
#define UNIT_MAIN(name, ...)                                                              \
	int main(void)                                                                    \
	{                                                                                 \
		const TTest *const tests[] = { __VA_ARGS__ };                             \
                                                                                          \
		return unit_run(name, tests, sizeof(tests) / sizeof(*tests));             \
	}
