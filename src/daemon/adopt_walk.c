/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/adopt_walk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

_Static_assert(ADOPT_WALK_ELEMENTS % ADOPT_WALK_PIECE == 0, "pieces fill it");

struct adopt_walk {
	const struct fast_path_backend *backend;
	struct fast_path *fast_path;
	pthread_t thread;
	size_t piece_count; /**< the thread's own, like the piece */
	struct adopt_element piece[ADOPT_WALK_PIECE];
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

/** Lets go of the lock and, if there is something to tell, tells everybody that something has
 *  changed. Who is woken comes for the lock at once, so that is to be free by then. */
static void unlock(struct adopt_walk *walk, bool has_changed)
{
	void (*wake)(void *user) = has_changed ? walk->wake : NULL;
	void *user = walk->wake_user;

	pthread_mutex_unlock(&walk->lock);
	if (has_changed)
		pthread_cond_broadcast(&walk->changed);
	if (wake)
		wake(user);
}

/** Puts the piece behind what waits; under the lock. */
static void put_piece(struct adopt_walk *walk)
{
	for (size_t i = 0; i < walk->piece_count; i++) {
		size_t place = (walk->first + walk->count++) % ADOPT_WALK_ELEMENTS;

		walk->elements[place] = walk->piece[i];
	}
}

/** Passes the piece on, as soon as there is room. */
static int pass_on(struct adopt_walk *walk)
{
	bool given_up, was_empty;

	pthread_mutex_lock(&walk->lock);
	while (walk->count + walk->piece_count > ADOPT_WALK_ELEMENTS && !walk->is_given_up)
		pthread_cond_wait(&walk->changed, &walk->lock);
	given_up = walk->is_given_up;
	was_empty = !walk->count;
	if (!given_up)
		put_piece(walk);
	unlock(walk, was_empty || walk->count == ADOPT_WALK_ELEMENTS);
	walk->piece_count = 0;
	return given_up ? -ECANCELED : 0;
}

/** Takes one element down. */
static int see(const struct fast_path_key *key, uint32_t mark, void *user)
{
	struct adopt_walk *walk = user;

	walk->piece[walk->piece_count++] = (struct adopt_element){ *key, mark };
	return walk->piece_count == ADOPT_WALK_PIECE ? pass_on(walk) : 0;
}

/** The thread. What it has when a list fails is true all the same. */
static void *serve(void *user)
{
	struct adopt_walk *walk = user;
	int error = walk->backend->dump(walk->fast_path, see, walk);
	int rest_error = pass_on(walk);

	pthread_mutex_lock(&walk->lock);
	walk->error = error ? error : rest_error;
	walk->is_over = true;
	unlock(walk, true);
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
	pthread_mutex_unlock(&walk->lock);
	if (taken)
		pthread_cond_broadcast(&walk->changed);
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
