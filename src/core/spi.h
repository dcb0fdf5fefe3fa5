/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which server has which ESP SPI, learned from the ESP of established clients. When a
 * client's ESP comes from an address that is not known yet, the SPI may tell its server.
 * SPIs are chosen by each server for itself, so two of them may have the same.
 */
#pragma once

#include "core/session.h"

struct spi_table {
	struct pool pool; /**< of bindings */
	struct table bindings;
	struct hash_key key;
	uint32_t limit;
	const struct memory *memory; /**< borrowed, bounds them as well; NULL: no limit */
};

/** Makes an empty table for up to limit bindings. -ENOMEM. */
int spi_init(struct spi_table *table, uint32_t limit, const struct hash_key *key);

/** Frees the table, which must have no bindings left. Accepts one that was never made. */
void spi_fini(struct spi_table *table);

/** The server that has spi in service; NULL if none has or several have, which
 *  *ret_ambiguous tells. */
struct server *spi_find(const struct spi_table *table, const struct service *service,
	uint32_t spi, bool *ret_ambiguous);

/** Notes that server has spi, or that it still has. Where the table is full the service's
 *  oldest binding gives way. Without memory, or room, nothing is noted: nothing but this
 *  depends on it. */
void spi_note(struct spi_table *table, struct service *service, struct server *server,
	uint32_t spi, uint64_t now_ms);

/** Removes up to max bindings of service that nobody used for its established timeout;
 *  returns how many. */
size_t spi_expire(struct spi_table *table, struct service *service, uint64_t now_ms,
	size_t max);

/** When the next binding of service expires, UINT64_MAX if it has none. */
uint64_t spi_next_expiry_ms(const struct service *service);

/** Removes the binding of service that was not used for longest; false: there is none. */
bool spi_give_way(struct spi_table *table, struct service *service);

/** Removes all bindings of service. */
void spi_clear(struct spi_table *table, struct service *service);
