/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.delete: takes entries of one client out of the table, as if they had expired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/rpc_method.h"

const char *const rpc_entry_delete_params[] = { "client", "virtual", "service", NULL };

/** Which entries are meant. */
struct choice {
	struct address client;
	uint16_t client_port; /**< 0: any */
	struct address virtual; /**< family 0: any */
	uint16_t virtual_port;  /**< 0: any */
	const struct service *service; /**< NULL: all */
};

/** Reads the port behind a colon, 1 to 65535. */
static bool port_parse(const char *text, uint16_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 5 || text[digits] || port < 1 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/** Reads "203.0.113.7", "203.0.113.7:500" or "[2001:db8::1]:500". */
static bool endpoint_parse(
	const char *text, struct address *ret_address, uint16_t *ret_port)
{
	char address[ADDRESS_TEXT_BYTES];
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	bool bracketed = text[0] == '[' && length > 2 && text[length - 1] == ']';

	*ret_port = 0;
	if (!address_parse(text, ret_address))
		return true;
	if (!colon || length >= sizeof(address) || !port_parse(colon + 1, ret_port))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)length - 2 * bracketed,
		text + bracketed);
	return !address_parse(address, ret_address) &&
		(ret_address->family == AF_INET6) == bracketed;
}

/** Reads one end of the flow from the parameter of that name; left alone where there is
 *  none. */
static int endpoint_param(struct rpc_call *call, const char *name,
	struct address *ret_address, uint16_t *ret_port)
{
	const char *text;
	int code = rpc_text_param(call, name, &text);

	if (code || !text)
		return code;
	if (!endpoint_parse(text, ret_address, ret_port))
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"%s: found %.64s, expected an address or address:port", name, text);
	return 0;
}

/** Tells whether the choice is of entry. */
static bool is_chosen(const struct choice *choice, const struct session_entry *entry)
{
	struct packet_flow flow = session_flow(entry);

	return (!choice->client_port || choice->client_port == flow.client_port) &&
		(!choice->virtual.family ||
			address_equal(&choice->virtual, &flow.virtual)) &&
		(!choice->virtual_port || choice->virtual_port == flow.virtual_port);
}

/** An entry of service that is chosen, or NULL. */
static struct session_entry *find_chosen(const struct session_table *sessions,
	const struct service *service, const struct choice *choice)
{
	const struct session_client *client =
		session_find_client(sessions, service, &choice->client);
	struct session_entry *entry;

	if (!client || (choice->service && choice->service != service))
		return NULL;
	entry = session_first(sessions, client);
	while (entry && !is_chosen(choice, entry))
		entry = session_next(sessions, entry);
	return entry;
}

/** Removes what is chosen; returns how many entries that were. A client goes with its last
 *  entry, so each search begins anew. */
static json_int_t remove_chosen(struct director *director, const struct choice *choice)
{
	json_int_t count = 0;

	for (size_t i = 0; i < director->service_count; i++) {
		struct session_entry *entry;

		while ((entry = find_chosen(&director->sessions, &director->services[i],
				choice))) {
			session_remove(&director->sessions, entry);
			count++;
		}
	}
	return count;
}

/** Removes entries of a client. */
int rpc_entry_delete(struct rpc_call *call)
{
	struct choice choice = { 0 };
	struct service *service;
	int code = rpc_service_param(call, &service);

	choice.service = service;
	if (!code)
		code = endpoint_param(call, "client", &choice.client, &choice.client_port);
	if (!code)
		code = endpoint_param(
			call, "virtual", &choice.virtual, &choice.virtual_port);
	if (code)
		return code;
	if (!choice.client.family)
		return rpc_fail(call, IPB_ERROR_PARAMS, "expected client");
	/* Templates that are released begin their time now. */
	call->context->director->sessions.now_ms = call->now_ms;
	json_int_t count = remove_chosen(call->context->director, &choice);

	if (!count)
		return rpc_fail(call, IPB_ERROR_NOT_FOUND, "no such entry");
	return rpc_done(call, json_pack("{sI}", "deleted", count));
}
