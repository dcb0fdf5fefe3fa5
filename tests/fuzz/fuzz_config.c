/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a configuration file. It is taken or refused with reasons; what is taken
 * keeps what the rest of the program relies on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_file.h"
#include "tests/fuzz/fuzz.h"

#define MOST_BYTES 65536 /**< longer inputs only take longer */

/** Ends the process where a rule is broken, so that the fuzzer keeps the input. */
static void require(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/** Checks a server: its mark and table are its own. */
static void check_server(const struct config *config, const struct config_server *server)
{
	uint32_t mark = config_server_mark(config, server);
	uint32_t table = config_server_table(config, server);

	require(server->index < config->server_count, "indexes count the servers");
	require(server->name[0] != '\0', "servers have names");
	require(server->address_v4.family || server->address_v6.family, "and addresses");
	require(mark != 0 && (mark & ~config->mark_mask) == 0, "marks are inside the mask");
	require(mark >= config->mark_base, "marks do not wrap round");
	if (server->method == METHOD_NAT)
		require(table == CONFIG_TABLE_MAIN && server->replies_seen,
			"nat is routed by the main table and sees replies");
	else
		require(table >= config->table_base && (table < 253 || table > 255),
			"tables are not the kernel's");
}

/** Checks a configuration that was taken. */
static void check_config(const struct config *config)
{
	require(config->service_count >= 1 && config->service_count <= CONFIG_SERVICES,
		"some services");
	require(config->server_count <= CONFIG_SERVERS, "not too many servers");
	require(config->socket_path[0] == '/', "the socket's path is absolute");
	for (size_t s = 0; s < config->service_count; s++) {
		const struct config_service *service = &config->services[s];

		require(service->name[0] != '\0' && service->scheduler, "services are whole");
		require(service->address_count >= 1 && service->server_count >= 1,
			"with addresses and servers");
		require(service->timeout_initial_ms && service->timeout_established_ms,
			"and timeouts");
		for (size_t i = 0; i < service->server_count; i++)
			check_server(config, &service->servers[i]);
	}
}

/** Checks what was said about a file that was refused. */
static void check_errors(const struct config_errors *errors)
{
	require(errors->count >= 1 && errors->count <= CONFIG_ERRORS, "a refusal has reasons");
	for (size_t i = 0; i < errors->count; i++) {
		const char *text = errors->list[i].text;

		require(strncmp(text, "fuzz:", 5) == 0, "they name the file");
		for (; *text; text++)
			require(*text >= 0x20 && *text <= 0x7e, "and are printable");
	}
}

/** Parses the input as text up to its first zero byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct config_errors errors;
	struct config *config = NULL;

	if (size_bytes > MOST_BYTES)
		return 0;
	char *text = strndup((const char *)data, size_bytes);

	require(text != NULL, "memory");
	if (config_file_parse("fuzz", text, &config, &errors) == 0)
		check_config(config);
	else
		check_errors(&errors);
	config_free(config);
	free(text);
	return 0;
}
