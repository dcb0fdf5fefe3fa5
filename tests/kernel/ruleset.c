/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nft table on the kernel: what it diverts and what not, in both families; that
 * fragments arrive whole; that nothing gets past it while nobody listens or while it is
 * replaced; and that the text for operators says the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ruleset_text.h"
#include "fixture.h"
#include "kernel/nfqueue.h"
#include "kernel/ruleset.h"

#define VIRTUAL_V4 FIXTURE_VIRTUAL_V4
#define VIRTUAL_V6 FIXTURE_VIRTUAL_V6
#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6

/** Installs the table. */
static struct ruleset_info install(void)
{
	struct ruleset_info info;

	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	return info;
}

/** Opens the config's queue. */
static struct nfqueue *listen_to_queue(void)
{
	const struct nfqueue_config wanted = {
		.queue = fixture_config()->queue,
		.copy_bytes = FIXTURE_BYTES,
	};
	struct nfqueue *queue;

	ck_assert_int_eq(nfqueue_open(&wanted, &queue), 0);
	return queue;
}

/** Injects a packet and tells whether it came to the queue, where it is dropped, or went
 *  to the router. In the one or the other it must be. */
static bool is_diverted(struct nfqueue *queue, const uint8_t *packet, size_t size_bytes)
{
	const struct nfqueue_verdict drop = { .accept = false };
	const struct nfqueue_packet *queued;
	struct fixture_frame frame;
	int count;

	fixture_inject(packet, size_bytes);
	fixture_send_udp(CLIENT_V4, 1, 7777);
	/* The marker came out: whatever was to be queued is queued. */
	ck_assert(fixture_out(&frame));
	count = nfqueue_receive(queue, &queued);
	ck_assert_int_ge(count, 0);
	if (count == 0) {
		ck_assert_uint_eq(frame.size_bytes, size_bytes);
		ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
		ck_assert(fixture_out(&frame));
		return false;
	}
	ck_assert_int_eq(count, 1);
	ck_assert_uint_eq(queued[0].captured_bytes, size_bytes);
	ck_assert_mem_eq(queued[0].data, packet, size_bytes);
	ck_assert_int_eq(nfqueue_verdicts(queue, &drop, 1), 0);
	return true;
}

/** is_diverted() for a UDP packet. */
static bool udp_is_diverted(struct nfqueue *queue, const char *client,
	const char *virtual, uint16_t source_port, uint16_t destination_port)
{
	uint8_t packet[FIXTURE_BYTES];
	size_t size = fixture_udp(packet, client, virtual, source_port, destination_port,
		"payload", 7);

	return is_diverted(queue, packet, size);
}

/** is_diverted() for any protocol. */
static bool ip_is_diverted(struct nfqueue *queue, const char *client, const char *virtual,
	uint8_t protocol, const void *payload, size_t payload_bytes)
{
	uint8_t packet[FIXTURE_BYTES];
	size_t size = fixture_ip(
		packet, client, virtual, protocol, payload, payload_bytes);

	return is_diverted(queue, packet, size);
}

/** is_diverted() for an ICMP error of a type that quotes a packet from the virtual
 *  address: UDP from source_port, or another protocol. */
static bool error_is_diverted(struct nfqueue *queue, bool v6, uint8_t type,
	uint8_t protocol, uint16_t source_port)
{
	const char *client = v6 ? CLIENT_V6 : CLIENT_V4;
	const char *virtual = v6 ? VIRTUAL_V6 : VIRTUAL_V4;
	uint8_t icmp[FIXTURE_BYTES] = { type }, transport[16] = { 0 };
	size_t size;

	transport[0] = (uint8_t)(source_port >> 8);
	transport[1] = (uint8_t)source_port;
	size = fixture_ip(
		icmp + 8, virtual, client, protocol, transport, sizeof(transport));
	return ip_is_diverted(queue, client, virtual, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		icmp, size + 8);
}

static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };

/* AH whose next header is ESP: four words and its two. */
static const uint8_t ah_esp[] = { 50, 4, 0, 0, 0xc0, 0, 1, 2, 0, 0, 0, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };

/* Destination options of eight bytes (one PadN), then ESP or AH. */
static const uint8_t options_esp[] = { 50, 0, 1, 4, 0, 0, 0, 0, 0xc0, 0, 1, 2, 0, 0, 0,
	1, 9, 9, 9, 9, 9, 9, 9, 9 };
static const uint8_t options_ah[] = { 51, 0, 1, 4, 0, 0, 0, 0, 59, 4, 0, 0, 0xc0, 0, 1, 2,
	0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
/* Fragment header of a packet that is whole (offset 0, no more), then ESP. */
static const uint8_t atomic_esp[] = { 50, 0, 0, 0, 0, 0, 0, 7, 0xc0, 0, 1, 2, 0, 0, 0, 1,
	9, 9, 9, 9, 9, 9, 9, 9 };

START_TEST(ipsec_for_a_virtual_address_is_diverted)
{
	struct nfqueue *queue;

	install();
	queue = listen_to_queue();
	ck_assert(udp_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 500, 500));
	ck_assert(udp_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 61000, 4500));
	ck_assert(udp_is_diverted(queue, CLIENT_V6, VIRTUAL_V6, 500, 500));
	ck_assert(udp_is_diverted(queue, CLIENT_V6, VIRTUAL_V6, 61000, 4500));
	ck_assert(ip_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 50, esp, sizeof(esp)));
	ck_assert(ip_is_diverted(queue, CLIENT_V6, VIRTUAL_V6, 50, esp, sizeof(esp)));
	ck_assert(ip_is_diverted(
		queue, CLIENT_V4, VIRTUAL_V4, 51, ah_esp, sizeof(ah_esp)));
	ck_assert(ip_is_diverted(
		queue, CLIENT_V6, VIRTUAL_V6, 51, ah_esp, sizeof(ah_esp)));
	nfqueue_close(queue);
}
END_TEST

START_TEST(extension_headers_hide_nothing)
{
	const struct nfqueue_packet *queued;
	uint8_t packet[FIXTURE_BYTES];
	struct nfqueue *queue;

	install();
	queue = listen_to_queue();
	ck_assert(ip_is_diverted(
		queue, CLIENT_V6, VIRTUAL_V6, 60, options_esp, sizeof(options_esp)));
	ck_assert(ip_is_diverted(
		queue, CLIENT_V6, VIRTUAL_V6, 60, options_ah, sizeof(options_ah)));
	fixture_inject(packet, fixture_ip(packet, CLIENT_V6, VIRTUAL_V6, 44, atomic_esp,
				       sizeof(atomic_esp)));
	fixture_expect_only_marker();
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 1);
	/* Reassembly took the fragment header out. */
	ck_assert_uint_eq(queued[0].data[6], 50);
	ck_assert_mem_eq(queued[0].data + 40, atomic_esp + 8, sizeof(atomic_esp) - 8);
	nfqueue_close(queue);
}
END_TEST

START_TEST(everything_else_is_left_alone)
{
	struct nfqueue *queue;

	install();
	queue = listen_to_queue();
	ck_assert(!udp_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 500, 501));
	ck_assert(!udp_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 4500, 53));
	ck_assert(!udp_is_diverted(queue, CLIENT_V6, VIRTUAL_V6, 500, 5000));
	ck_assert(!udp_is_diverted(queue, CLIENT_V4, FIXTURE_OTHER_V4, 500, 500));
	ck_assert(!udp_is_diverted(queue, CLIENT_V6, "2001:db8:100::2", 500, 500));
	ck_assert(!ip_is_diverted(
		queue, CLIENT_V4, FIXTURE_OTHER_V4, 50, esp, sizeof(esp)));
	ck_assert(!ip_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 6, esp, sizeof(esp)));
	ck_assert(!ip_is_diverted(queue, CLIENT_V4, VIRTUAL_V4, 47, esp, sizeof(esp)));
	nfqueue_close(queue);
}
END_TEST

START_TEST(icmp_errors_about_ipsec_are_diverted)
{
	static const uint8_t types_v4[] = { 3, 11, 12 }, types_v6[] = { 1, 2, 3, 4 };
	struct nfqueue *queue;
	size_t i;

	install();
	queue = listen_to_queue();
	for (i = 0; i < sizeof(types_v4); i++) {
		ck_assert(error_is_diverted(queue, false, types_v4[i], 50, 0));
		ck_assert(error_is_diverted(queue, false, types_v4[i], 51, 0));
		ck_assert(error_is_diverted(queue, false, types_v4[i], 17, 500));
		ck_assert(error_is_diverted(queue, false, types_v4[i], 17, 4500));
		ck_assert(!error_is_diverted(queue, false, types_v4[i], 17, 53));
		ck_assert(!error_is_diverted(queue, false, types_v4[i], 6, 500));
	}
	for (i = 0; i < sizeof(types_v6); i++) {
		ck_assert(error_is_diverted(queue, true, types_v6[i], 50, 0));
		ck_assert(error_is_diverted(queue, true, types_v6[i], 51, 0));
		ck_assert(error_is_diverted(queue, true, types_v6[i], 17, 500));
		ck_assert(error_is_diverted(queue, true, types_v6[i], 17, 4500));
		ck_assert(!error_is_diverted(queue, true, types_v6[i], 17, 53));
	}
	ck_assert(!error_is_diverted(queue, false, 8, 50, 0));
	ck_assert(!error_is_diverted(queue, true, 128, 50, 0));
	nfqueue_close(queue);
}
END_TEST

/** Puts the fragment's place into an IPv4 header without one and mends the checksum,
 *  which takes in ones' complement as much as the fields were given. */
static void set_fragment_v4(uint8_t *header, size_t offset_bytes, bool last)
{
	uint32_t id = 77;
	uint32_t field = (uint32_t)((last ? 0 : 0x2000) | offset_bytes / 8);
	uint32_t sum = (uint16_t)~(header[10] << 8 | header[11]) + id + field;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	header[5] = (uint8_t)id;
	header[6] = (uint8_t)(field >> 8);
	header[7] = (uint8_t)field;
	header[10] = (uint8_t)(~sum >> 8);
	header[11] = (uint8_t)~sum;
}

/** Injects an IPv4 packet in three fragments. */
static void inject_fragments_v4(const uint8_t *packet, size_t size_bytes)
{
	size_t i, payload_bytes = size_bytes - 20, step = (payload_bytes / 3) & ~7u;
	uint8_t fragment[FIXTURE_BYTES];

	for (i = 0; i < 3; i++) {
		size_t offset = i * step, now = i == 2 ? payload_bytes - offset : step;
		size_t size = fixture_ip(fragment, CLIENT_V4, VIRTUAL_V4, packet[9],
			packet + 20 + offset, now);

		set_fragment_v4(fragment, offset, i == 2);
		fixture_inject(fragment, size);
	}
}

/** Injects an IPv6 packet without extension headers in three fragments. */
static void inject_fragments_v6(const uint8_t *packet, size_t size_bytes)
{
	uint8_t fragment[FIXTURE_BYTES], payload[FIXTURE_BYTES];
	size_t i, payload_bytes = size_bytes - 40, step = (payload_bytes / 3) & ~7u;

	for (i = 0; i < 3; i++) {
		size_t offset = i * step, now = i == 2 ? payload_bytes - offset : step;
		uint16_t field = htons((uint16_t)(offset | (i < 2)));

		memset(payload, 0, 8);
		payload[0] = packet[6];
		memcpy(payload + 2, &field, sizeof(field));
		payload[7] = 77;
		memcpy(payload + 8, packet + 40 + offset, now);
		fixture_inject(fragment, fixture_ip(fragment, CLIENT_V6, VIRTUAL_V6, 44,
						 payload, now + 8));
	}
}

START_TEST(fragments_arrive_whole)
{
	uint8_t packet[FIXTURE_BYTES], payload[3000];
	const struct nfqueue_packet *queued;
	struct ruleset_info info = install();
	struct nfqueue *queue = listen_to_queue();
	struct pollfd wait = { .fd = nfqueue_fd(queue), .events = POLLIN };
	size_t i, size;

	ck_assert_int_ne(info.defrag, RULESET_DEFRAG_NONE);
	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	size = fixture_udp(
		packet, CLIENT_V4, VIRTUAL_V4, 4500, 4500, payload, sizeof(payload));
	inject_fragments_v4(packet, size);
	ck_assert_int_eq(poll(&wait, 1, 5000), 1);
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 1);
	ck_assert_uint_eq(queued[0].captured_bytes, size);
	ck_assert_mem_eq(queued[0].data + 20, packet + 20, size - 20);
	size = fixture_udp(
		packet, CLIENT_V6, VIRTUAL_V6, 4500, 4500, payload, sizeof(payload));
	inject_fragments_v6(packet, size);
	ck_assert_int_eq(poll(&wait, 1, 5000), 1);
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 1);
	ck_assert_uint_eq(queued[0].captured_bytes, size);
	ck_assert_mem_eq(queued[0].data + 40, packet + 40, size - 40);
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 0);
	nfqueue_close(queue);
}
END_TEST

START_TEST(nothing_passes_while_nobody_listens)
{
	uint8_t packet[FIXTURE_BYTES];

	install();
	fixture_send_udp(CLIENT_V4, 500, 500);
	fixture_send_udp(CLIENT_V4, 4500, 4500);
	fixture_send_udp(CLIENT_V6, 500, 500);
	fixture_inject(
		packet, fixture_ip(packet, CLIENT_V4, VIRTUAL_V4, 50, esp, sizeof(esp)));
	fixture_inject(packet,
		fixture_ip(packet, CLIENT_V6, VIRTUAL_V6, 51, ah_esp, sizeof(ah_esp)));
	fixture_expect_only_marker();
}
END_TEST

/** Without the table the same packets go to the router; so the tests above mean it. */
START_TEST(without_the_table_all_passes)
{
	struct fixture_frame frame;

	install();
	ck_assert_int_eq(ruleset_remove(), 0);
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
	fixture_expect_only_marker();
}
END_TEST

START_TEST(installed_twice_and_removed_twice)
{
	struct ruleset_info first, second;

	ck_assert_int_eq(ruleset_present(), 0);
	ck_assert_int_eq(ruleset_remove(), 0);
	first = install();
	ck_assert_int_eq(ruleset_present(), 1);
	second = install();
	ck_assert_int_eq(first.backend, second.backend);
	ck_assert_int_eq(ruleset_present(), 1);
	ck_assert_int_eq(ruleset_remove(), 0);
	ck_assert_int_eq(ruleset_present(), 0);
	ck_assert_int_eq(ruleset_remove(), 0);
}
END_TEST

START_TEST(a_changed_config_replaces_the_addresses)
{
	struct config *config = fixture_config();
	struct fixture_frame frame;

	install();
	fixture_send_udp(CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	address_parse("198.51.100.9", &config->services[0].addresses[0]);
	install();
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	fixture_expect_only_marker();
}
END_TEST

/** What waits for the daemon still does when the table has been replaced, for the same servers
 *  or for others. */
START_TEST(what_waits_stays)
{
	const struct nfqueue_verdict accept = { .accept = true };
	const struct nfqueue_packet *queued;
	struct fixture_frame frame;
	struct nfqueue *queue;

	install();
	queue = listen_to_queue();
	fixture_send_udp(CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 1);
	if (_i)
		strcpy(fixture_config()->services[0].servers[0].name, "other");
	install();
	ck_assert_int_eq(nfqueue_verdicts(queue, &accept, 1), 0);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
	nfqueue_close(queue);
}
END_TEST

/** A chain of ours that somebody, perhaps another version, has made with another hook or of another
 *  type does not stay, nor does what else there is. */
START_TEST(other_hooks_go)
{
	static const char *const hooks[] = {
		"type filter hook prerouting priority 5", "type filter hook input priority -300",
		"type nat hook prerouting priority -100",
	};

	fixture_shell("nft add table inet " RULESET_TABLE " && nft add chain inet " RULESET_TABLE
		      " prerouting '{ %s; }' && nft add chain inet " RULESET_TABLE " other",
		hooks[_i]);
	install();
	fixture_shell("! nft list chain inet " RULESET_TABLE " other 2>/dev/null");
	fixture_send_udp(CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
}
END_TEST

/** Packets come all the time while the table is replaced again and again; nobody
 *  listens, so each one that comes out slipped through a gap. */
START_TEST(no_gap_while_it_is_replaced)
{
	pid_t child;
	int status, rounds = 0;

	install();
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		for (rounds = 0; rounds < 20000; rounds++)
			fixture_send_udp(CLIENT_V4, 500, 500);
		_exit(0);
	}
	while (waitpid(child, &status, WNOHANG) == 0 && rounds++ < 500)
		install();
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_gt(rounds, 1);
	fixture_expect_only_marker();
}
END_TEST

START_TEST(without_privilege_it_is_not_permitted)
{
	struct ruleset_info info;

	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), -EPERM);
	ck_assert_int_eq(ruleset_remove(), -EPERM);
}
END_TEST

/** Everything that a config may have fits into one transaction. */
START_TEST(the_largest_config)
{
	static struct config_service services[CONFIG_SERVICES];
	struct config *config = fixture_config();
	char name[ADDRESS_TEXT_BYTES];
	size_t i, j;

	for (i = 0; i < CONFIG_SERVICES; i++) {
		services[i].address_count = CONFIG_ADDRESSES;
		for (j = 0; j < CONFIG_ADDRESSES; j++) {
			snprintf(name, sizeof(name), j % 2 ? "2001:db8::%zx:%zx"
							   : "10.9.%zu.%zu", i, j);
			address_parse(name, &services[i].addresses[j]);
		}
	}
	config->services = services;
	config->service_count = CONFIG_SERVICES;
	install();
	fixture_shell("nft list set inet ipsec-balancer virtual6 | grep -q '::3f:7'");
}
END_TEST

/** What servers a config may have, as far as the ruleset tells them apart. */
static const struct {
	enum config_method methods[2];
	bool seen;
	const char *chain; /**< that only such configs have */
} mixtures[] = {
	{ { METHOD_DIRECT, METHOD_TUNNEL }, false, "prerouting" },
	{ { METHOD_NAT, METHOD_NAT }, true, "source" },
	{ { METHOD_NAT, METHOD_DIRECT }, false, "marked" },
	{ { METHOD_DIRECT, METHOD_DIRECT }, true, "untracked-reply" },
	{ { METHOD_LOCAL, METHOD_DIRECT }, false, "input" },
	{ { METHOD_LOCAL, METHOD_NAT }, true, "untracked-reply" },
	{ { METHOD_LOCAL, METHOD_NAT }, false, "output" },
	{ { METHOD_DIRECT, METHOD_DIRECT }, false, "divert" },
};

#define MIXTURE_WITH_ALSO 6
#define MIXTURE_WITH_LIMITS 7

/** One of each kind of other traffic. */
static const struct config_also also[] = {
	{ .protocol = IPPROTO_TCP, .port = 443 },
	{ .protocol = IPPROTO_UDP, .port = 1701 },
	{ .protocol = IPPROTO_SCTP, .port = 5060 },
	{ .protocol = IPPROTO_ICMP },
	{ .protocol = IPPROTO_ICMPV6 },
	{ .protocol = IPPROTO_GRE },
	{ .mark = 5 },
};

/** The config with one of the mixtures. */
static struct config *mixed_config(int number)
{
	struct config *config = fixture_config();
	size_t i;

	config->fast_path = FAST_PATH_OFF;
	for (i = 0; i < 2; i++) {
		struct config_server *server = &config->services[0].servers[i];

		server->method = mixtures[number].methods[i];
		server->replies_seen = server->method == METHOD_NAT ||
				       mixtures[number].seen;
	}
	if (number == MIXTURE_WITH_ALSO) {
		memcpy(config->services[0].also, also, sizeof(also));
		config->services[0].also_count = sizeof(also) / sizeof(also[0]);
	}
	if (number == MIXTURE_WITH_LIMITS) {
		config->limit_prefix_v4 = 24;
		config->services[0].timeout_established_ms = 18000000;
		for (i = 0; i < LIMITS; i++)
			config->limits[i] = (uint32_t)i + 1;
	}
	return config;
}

/** Lists our table, or both, without the chain that says whose elements are kept: the text
 *  keeps none. */
static char *list_tables(bool both)
{
	return fixture_output("{ nft list table inet " RULESET_TABLE
			      "; %s nft list table bridge " RULESET_TABLE
			      "; } 2>/dev/null | "
			      "sed '/^\tchain servers-/,/^\t}/d; s/[ \t]*$//; /^$/d'",
		both ? "" : ":");
}

/** The text, read by nft, gives the tables that we install. Where the kernel has no queue
 *  expression nft can neither load nor print that one statement: it is left out then. And
 *  the target that stands in for it may be unknown to bridges. */
START_TEST(the_text_says_the_same)
{
	struct config *config = mixed_config(_i);
	struct ruleset_info info = install();
	bool whole = info.backend == RULESET_QUEUE_EXPR;
	char *installed, *loaded, *text, chain[64];
	FILE *file;

	ck_assert_int_ge(mixtures[_i].seen && _i != 1, info.bridge);
	ck_assert_int_eq(info.bridge || info.no_bridge, mixtures[_i].seen && _i != 1);
	ck_assert(!(info.bridge && info.no_bridge));
	if (whole)
		ck_assert_int_eq(info.bridge, mixtures[_i].seen && _i != 1);
	installed = list_tables(whole);
	ck_assert_int_eq(ruleset_text(config, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "queue num 500\n"));
	file = popen(whole ? "nft -f -" :
			     "sed 's/ queue num 500\\( bypass\\)*//;"
			     "s/^\\t\\tqueue num 500$//' | nft -f -",
		"we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(pclose(file), 0);
	loaded = list_tables(whole);
	snprintf(chain, sizeof(chain), "\tchain %s {", mixtures[_i].chain);
	ck_assert_ptr_nonnull(strstr(loaded, chain));
	/* The library's own message would be too long for it. */
	if (strcmp(installed, loaded) != 0)
		fprintf(stderr, "installed:\n%s\nloaded:\n%s\n", installed, loaded);
	ck_assert_int_eq(strcmp(installed, loaded), 0);
	free(installed);
	free(loaded);
	free(text);
}
END_TEST

/** A config without nat and seen replies neither bypasses nor touches conntrack. */
START_TEST(a_plain_config_costs_nothing)
{
	char *text;

	ck_assert_int_eq(ruleset_text(mixed_config(0), &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "notrack queue num 500\n"));
	ck_assert_ptr_null(strstr(text, "bypass"));
	ck_assert_ptr_null(strstr(text, "nat"));
	ck_assert_ptr_null(strstr(text, "bridge"));
	ck_assert_ptr_null(strstr(text, "postrouting"));
	free(text);
}
END_TEST

/** The table for bridges comes and goes with what asks for it. */
START_TEST(the_bridge_table_is_removed)
{
	struct ruleset_info info;

	mixed_config(3);
	info = install();
	fixture_shell("%s nft list table bridge " RULESET_TABLE " >/dev/null 2>&1",
		info.bridge ? "" : "!");
	ck_assert_int_eq(ruleset_remove(), 0);
	ck_assert_int_eq(ruleset_present(), 0);
	fixture_shell("nft add table bridge " RULESET_TABLE);
	ck_assert_int_eq(ruleset_present(), 1);
	mixed_config(0);
	install();
	fixture_shell("! nft list table bridge " RULESET_TABLE " 2>/dev/null");
	fixture_shell("nft list table inet " RULESET_TABLE " >/dev/null 2>&1");
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("ruleset");
	TCase *tests = fixture_case("ruleset");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, ipsec_for_a_virtual_address_is_diverted);
	tcase_add_test(tests, extension_headers_hide_nothing);
	tcase_add_test(tests, everything_else_is_left_alone);
	tcase_add_test(tests, icmp_errors_about_ipsec_are_diverted);
	tcase_add_test(tests, fragments_arrive_whole);
	tcase_add_test(tests, nothing_passes_while_nobody_listens);
	tcase_add_test(tests, without_the_table_all_passes);
	tcase_add_test(tests, installed_twice_and_removed_twice);
	tcase_add_test(tests, a_changed_config_replaces_the_addresses);
	tcase_add_loop_test(tests, what_waits_stays, 0, 2);
	tcase_add_loop_test(tests, other_hooks_go, 0, 3);
	tcase_add_test(tests, no_gap_while_it_is_replaced);
	tcase_add_test(tests, without_privilege_it_is_not_permitted);
	tcase_add_test(tests, the_largest_config);
	tcase_add_loop_test(tests, the_text_says_the_same, 0,
		sizeof(mixtures) / sizeof(mixtures[0]));
	tcase_add_test(tests, a_plain_config_costs_nothing);
	tcase_add_test(tests, the_bridge_table_is_removed);
	return fixture_run(suite);
}
