/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

/** Runs the tests, one case each, so that the summary names them. */
int unit_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < count; i++) {
		TCase *one = tcase_create(tests[i]->name);

		tcase_add_test(one, tests[i]);
		suite_add_tcase(suite, one);
	}
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
