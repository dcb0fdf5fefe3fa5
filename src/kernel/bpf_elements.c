/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_elements.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "kernel/bpf_clients.h"

/** Gets ready. */
void bpf_elements_init(struct bpf_elements *elements, const struct config *config,
	struct bpf_ingress *ingress)
{
	*elements = (struct bpf_elements){
		.config = config,
		.clients = bpf_program_clients(ingress),
	};
}

/** The index of the server that has a mark. */
static uint32_t server_of(const struct config *config, uint32_t mark)
{
	uint32_t unit = config->mark_mask & -config->mark_mask;

	return ((mark - config->mark_base) & config->mark_mask) / unit;
}

/** The mark of the server that a value has; of one that there is not, another one's. */
static uint32_t mark_of(const struct config *config, uint32_t value)
{
	uint32_t unit = config->mark_mask & -config->mark_mask;

	return (config->mark_base + (value & BPF_CLIENT_SERVER) * unit) & config->mark_mask;
}

/** Puts. One that goes only to come back is changed in one step, so it is never not there. */
void bpf_elements_put(
	struct bpf_elements *elements, const struct fast_path_key *key, uint32_t mark)
{
	bool stays = elements->is_leaving &&
		memcmp(&elements->leaving, key, sizeof(*key)) == 0;
	int result;

	if (stays)
		elements->is_leaving = false;
	bpf_elements_commit(elements);
	result = bpf_clients_put(
		elements->clients, key, server_of(elements->config, mark));
	if (result >= 0) {
		elements->counters.put++;
	} else {
		elements->counters.failed++;
		elements->counters.last_error = result;
	}
}

/** To be removed. */
void bpf_elements_remove(struct bpf_elements *elements, const struct fast_path_key *key)
{
	bpf_elements_commit(elements);
	elements->leaving = *key;
	elements->is_leaving = true;
}

/** Removes. */
void bpf_elements_commit(struct bpf_elements *elements)
{
	if (elements->is_leaving && bpf_clients_remove(elements->clients, &elements->leaving))
		elements->counters.removed++;
	elements->is_leaving = false;
}

/** Changes the flag. */
void bpf_elements_count(
	struct bpf_elements *elements, const struct fast_path_key *key, bool on)
{
	uint32_t value;

	if (!bpf_clients_get(elements->clients, key, &value, NULL))
		return;
	value &= ~(uint32_t)CLIENT_COUNTED;
	bpf_clients_put(elements->clients, key, value | (on ? CLIENT_COUNTED : 0));
}

/** Looks for one. */
bool bpf_elements_has(const struct bpf_elements *elements, const struct fast_path_key *key)
{
	return bpf_clients_get(elements->clients, key, NULL, NULL);
}

/** A walk over some of the elements. */
struct walk {
	const struct config *config;
	bool with_port;
	fast_path_element_fn *see;
	void *user;
};

/** Shows one if it is wanted. */
static int see_one(
	const struct fast_path_key *key, uint32_t value, uint32_t seen, void *user)
{
	const struct walk *walk = user;

	(void)seen;
	if ((key->client_port != 0) != walk->with_port)
		return 0;
	return walk->see(key, mark_of(walk->config, value), walk->user);
}

/** Shows them. */
int bpf_elements_walk(const struct bpf_elements *elements, bool with_port,
	fast_path_element_fn *see, void *user)
{
	struct walk walk = { elements->config, with_port, see, user };

	return bpf_clients_walk(elements->clients, see_one, &walk);
}

/** By the program's clock, which is the kernel's since it booted. */
int bpf_elements_carried(const struct bpf_elements *elements,
	const struct fast_path_key *key, uint64_t *ret_ago_ms)
{
	struct timespec now;
	uint64_t now_ns, seen_ns;
	uint32_t seen;

	if (!bpf_clients_get(elements->clients, key, NULL, &seen) || !seen)
		return -ENOENT;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	seen_ns = (uint64_t)seen << BPF_SEEN_SHIFT;
	*ret_ago_ms = now_ns > seen_ns ? (now_ns - seen_ns) / 1000000 : 0;
	return 0;
}
