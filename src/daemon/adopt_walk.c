/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/adopt_walk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct adopt_walk {
	const struct fast_path_backend *backend;
	struct fast_path *fast_path;
	pthread_t thread;
	pthread_mutex_t lock; /**< over what follows */
	pthread_cond_t changed;
	bool is_over;
	bool is_given_up;
	int error;
	void (*wake)(void *user);
	void *wake_user;
	size_t first; /**< of what waits */
	size_t count;
	struct adopt_element elements[ADOPT_WALK_ELEMENTS];
};

/** Tells everybody that something has changed; under the lock. */
static void announce(struct adopt_walk *walk)
{
	pthread_cond_broadcast(&walk->changed);
	if (walk->wake)
		walk->wake(walk->wake_user);
}

/** Takes one element down, as soon as there is room. */
static int see(const struct fast_path_key *key, uint32_t mark, void *user)
{
	struct adopt_walk *walk = user;
	bool given_up;

	pthread_mutex_lock(&walk->lock);
	while (walk->count == ADOPT_WALK_ELEMENTS && !walk->is_given_up)
		pthread_cond_wait(&walk->changed, &walk->lock);
	given_up = walk->is_given_up;
	if (!given_up) {
		size_t place = (walk->first + walk->count++) % ADOPT_WALK_ELEMENTS;

		walk->elements[place] = (struct adopt_element){ *key, mark };
		if (walk->count == 1 || walk->count == ADOPT_WALK_ELEMENTS)
			announce(walk);
	}
	pthread_mutex_unlock(&walk->lock);
	return given_up ? -ECANCELED : 0;
}

/** The thread. */
static void *serve(void *user)
{
	struct adopt_walk *walk = user;
	int error = walk->backend->dump(walk->fast_path, see, walk);

	pthread_mutex_lock(&walk->lock);
	walk->error = error;
	walk->is_over = true;
	announce(walk);
	pthread_mutex_unlock(&walk->lock);
	return NULL;
}

/** Starts the thread; signals are the loop's. */
static int start_thread(struct adopt_walk *walk)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&walk->thread, NULL, serve, walk);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

/** Frees what there is beside the thread. */
static void walk_free(struct adopt_walk *walk)
{
	pthread_mutex_destroy(&walk->lock);
	pthread_cond_destroy(&walk->changed);
	free(walk);
}

/** Starts. */
int adopt_walk_begin(const struct fast_path_backend *backend, struct fast_path *fast_path,
	struct adopt_walk **ret_walk)
{
	struct adopt_walk *walk = calloc(1, sizeof(*walk));
	int error;

	if (!walk)
		return -ENOMEM;
	walk->backend = backend;
	walk->fast_path = fast_path;
	pthread_mutex_init(&walk->lock, NULL);
	pthread_cond_init(&walk->changed, NULL);
	error = start_thread(walk);
	if (error)
		walk_free(walk);
	else
		*ret_walk = walk;
	return error;
}

/** Waits for the end. */
bool adopt_walk_wait(struct adopt_walk *walk, unsigned int wait_ms)
{
	struct timespec until;
	int error = 0;
	bool is_over;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)wait_ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&walk->lock);
	while (!walk->is_over && walk->count < ADOPT_WALK_ELEMENTS && !error)
		error = pthread_cond_timedwait(&walk->changed, &walk->lock, &until);
	is_over = walk->is_over;
	pthread_mutex_unlock(&walk->lock);
	return is_over;
}

/** Sets whom to wake. */
void adopt_walk_wake(struct adopt_walk *walk, void (*wake)(void *user), void *user)
{
	pthread_mutex_lock(&walk->lock);
	walk->wake = wake;
	walk->wake_user = user;
	wake(user);
	pthread_mutex_unlock(&walk->lock);
}

/** Takes elements. */
size_t adopt_walk_take(struct adopt_walk *walk, struct adopt_element *elements, size_t max,
	bool *ret_end)
{
	size_t taken = 0;

	pthread_mutex_lock(&walk->lock);
	for (; taken < max && walk->count; taken++, walk->count--) {
		elements[taken] = walk->elements[walk->first];
		walk->first = (walk->first + 1) % ADOPT_WALK_ELEMENTS;
	}
	*ret_end = walk->is_over && !walk->count;
	pthread_cond_broadcast(&walk->changed);
	pthread_mutex_unlock(&walk->lock);
	return taken;
}

/** What it failed with. */
int adopt_walk_error(const struct adopt_walk *walk)
{
	return walk->error;
}

/** Ends it. */
void adopt_walk_end(struct adopt_walk *walk)
{
	if (!walk)
		return;
	pthread_mutex_lock(&walk->lock);
	walk->is_given_up = true;
	walk->wake = NULL;
	pthread_cond_broadcast(&walk->changed);
	pthread_mutex_unlock(&walk->lock);
	pthread_join(walk->thread, NULL);
	walk_free(walk);
}
