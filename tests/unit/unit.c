/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

/** Runs a suite. */
static int run(Suite *suite, enum fork_status fork)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, fork);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

/** Runs the tests, one case each, so that the summary names them. */
int unit_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);

	for (size_t i = 0; i < count; i++) {
		TCase *one = tcase_create(tests[i]->name);

		tcase_add_test(one, tests[i]);
		suite_add_tcase(suite, one);
	}
	return run(suite, CK_NOFORK);
}

/** Runs the suite as its cases say. */
int unit_run_suite(Suite *suite)
{
	return run(suite, CK_FORK_GETENV);
}
