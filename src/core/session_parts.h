/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the session table have of each other. Of use to session*.c alone.
 */
#pragma once

#include "core/session.h"

/** Makes a client without entries; its first entry must follow, its last frees it. NULL
 *  without memory. */
struct session_client *session_client_new(struct session_table *table,
	struct service *service, struct server *server, const struct address *address);

/** Frees a client that has no entries. */
void session_client_free(struct session_table *table, struct session_client *client);

/** Has the client's ESP go where an ESTABLISHED session of it is. */
void session_client_follow(const struct session_table *table, struct session_client *client);

/** Tells whether the limits allow one more entry of client (NULL: a new one): -EDQUOT is
 *  the client's, -ENOSPC the table's. */
int session_check_limits(
	const struct session_table *table, const struct session_client *client);

/** Takes an entry into the soft ones or back; both are ESTABLISHED. */
void session_set_soft(struct session_table *table, struct session_entry *entry, bool soft);

/** The chain of its service and state where entry belongs. */
struct chain *session_state_chain(const struct session_entry *entry);
