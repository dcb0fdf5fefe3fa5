/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that lists what the fast path has: all comes in its order whatever the buffer
 * holds, and the thread has the lock seldom. The linker puts the function below in front of
 * pthread_mutex_lock.
 */
#include "daemon/adopt_walk.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/** Elements, not as many as pieces have. */
static uint32_t listed;
/** What the list fails with at its end. */
static int list_error;

/** How often the thread had the lock. */
static pthread_t main_thread;
static size_t locked;

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

/** Stands before the C library's. */
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int error = __real_pthread_mutex_lock(mutex);

	if (!pthread_equal(pthread_self(), main_thread))
		locked++;
	return error;
}

/** Shows elements, whose marks are their numbers. */
static int dump(struct fast_path *fast_path, fast_path_element_fn *see, void *user)
{
	const struct fast_path_key key = { .client_port = 1 };
	int error = 0;

	(void)fast_path;
	for (uint32_t i = 0; i < listed && !error; i++)
		error = see(&key, i, user);
	return error ? error : list_error;
}

static const struct fast_path_backend backend = { .name = "list", .dump = dump };

/** Begins a walk over so many, which fails with error at its end. */
static struct adopt_walk *begin_failing(uint32_t count, int error)
{
	struct adopt_walk *walk;

	listed = count;
	list_error = error;
	locked = 0;
	main_thread = pthread_self();
	ck_assert_int_eq(adopt_walk_begin(&backend, NULL, &walk), 0);
	return walk;
}

/** Begins a walk over so many. */
static struct adopt_walk *begin(uint32_t count)
{
	return begin_failing(count, 0);
}

/** Takes all that there is, in its order, and ends the walk. */
static void take_all(struct adopt_walk *walk)
{
	struct adopt_element elements[50];
	uint32_t taken = 0;
	bool end = false;

	while (!end) {
		size_t count = adopt_walk_take(walk, elements, 50, &end);

		for (size_t i = 0; i < count; i++)
			ck_assert_uint_eq(elements[i].mark, taken++);
		if (!count)
			usleep(100);
	}
	ck_assert_uint_eq(taken, listed);
	ck_assert_int_eq(adopt_walk_error(walk), list_error);
	adopt_walk_end(walk);
}

/** More than the buffer holds. */
START_TEST(walk_shows_all)
{
	take_all(begin(3 * ADOPT_WALK_ELEMENTS + 7));
	/* Besides the pieces: the end. */
	ck_assert_uint_le(locked, 3 * ADOPT_WALK_ELEMENTS / ADOPT_WALK_PIECE + 2);
}
END_TEST

/** All fits, or nearly, or there is nothing. */
START_TEST(walk_waits)
{
	struct adopt_walk *walk = begin(ADOPT_WALK_ELEMENTS - 1);

	ck_assert(adopt_walk_wait(walk, 10000));
	take_all(walk);
	walk = begin(ADOPT_WALK_ELEMENTS + 1);
	ck_assert(!adopt_walk_wait(walk, 10000));
	take_all(walk);
	walk = begin(0);
	ck_assert(adopt_walk_wait(walk, 10000));
	take_all(walk);
}
END_TEST

/** What was seen before a list failed is shown. */
START_TEST(walk_fails_late)
{
	take_all(begin_failing(5, -EBUSY));
}
END_TEST

/** Given up while the thread waits for room. */
START_TEST(walk_is_given_up)
{
	struct adopt_walk *walk = begin(3 * ADOPT_WALK_ELEMENTS);

	ck_assert(!adopt_walk_wait(walk, 10000));
	adopt_walk_end(walk);
}
END_TEST

UNIT_MAIN("adopt_walk", walk_shows_all, walk_waits, walk_fails_late, walk_is_given_up)
