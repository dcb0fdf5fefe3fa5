/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See nft_run.h.
 */
#include "nft_run.h"

#include <stdio.h>
#include <string.h>

#include "kernel/fast_path.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"
#include "tests/lib/checksum.h"

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };

static struct fast_path *fast_path;
static unsigned int forwarded_before;

/** A narrower link to the servers, and ICMP whenever there is cause. */
static void setup(void)
{
	fixture_shell("ip link set out0 mtu %d", NFT_RUN_MTU);
	fixture_shell("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0");
}

/** What routing has forwarded, of both families. */
static unsigned int forwarded(void)
{
	FILE *v4 = fopen("/proc/self/net/snmp", "re"), *v6 = fopen("/proc/self/net/snmp6", "re");
	unsigned int count4 = 0, count6 = 0;
	char line[1024];

	ck_assert(v4 && v6);
	while (fgets(line, sizeof(line), v4) &&
		sscanf(line, "Ip: %*d %*d %*d %*d %*d %u", &count4) != 1)
		continue;
	while (fgets(line, sizeof(line), v6) &&
		sscanf(line, "Ip6OutForwDatagrams %u", &count6) != 1)
		continue;
	fclose(v4);
	fclose(v6);
	return count4 + count6;
}

/** Whatever the test before has left goes. */
static void clear(void)
{
	ck_assert_int_eq(nft_maps.clear(), 0);
	ck_assert_int_eq(ruleset_remove(), 0);
	fixture_drain();
	forwarded_before = forwarded();
}

/** Lets go. */
static void let_go(void)
{
	nft_maps.detach(fast_path);
}

/** The fixture's shared case and ours. */
TCase *nft_run_case(const char *name)
{
	TCase *tests = fixture_shared_case(name);

	tcase_add_unchecked_fixture(tests, setup, NULL);
	tcase_add_checked_fixture(tests, clear, let_go);
	return tests;
}

/** Puts an element. */
static void put(int family, uint16_t port, uint32_t mark)
{
	struct fast_path_key key = { .client_port = port };

	ck_assert_int_eq(address_parse(clients[family], &key.client), 0);
	ck_assert_int_eq(address_parse(virtuals[family], &key.virtual), 0);
	nft_maps.put(fast_path, &key, mark);
}

/** Installs everything. */
void nft_run_servers(enum config_method method, bool ah)
{
	struct config *config = fixture_config();
	struct policy_route_counters counters;
	struct config_service *service = &config->services[0];
	struct ruleset_info info;
	uint32_t mark = config_server_mark(config, &service->servers[0]);

	nft_maps.detach(fast_path);
	config->fast_path = FAST_PATH_NFT;
	service->ah = ah;
	service->servers[0].method = service->servers[1].method = method;
	ck_assert_int_eq(policy_route_apply(config, &counters), 0);
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	ck_assert_int_eq(nft_maps.attach(config, &fast_path), 0);
	ck_assert_int_eq(nft_maps.begin(fast_path), 0);
	for (int i = 0; i < 2; i++) {
		put(i, 0, mark);
		put(i, NFT_RUN_PORT, mark);
	}
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
}

/** Looks at everything. */
void nft_run_follow(void)
{
	nft_maps.follow(fast_path, true);
}

/** A client's packet. */
void nft_run_spec(struct packet_spec *spec, int family, enum packet_body body)
{
	packet_spec_init(spec);
	spec->body = body;
	ck_assert_int_eq(address_parse(clients[family], &spec->source), 0);
	ck_assert_int_eq(address_parse(virtuals[family], &spec->destination), 0);
	spec->source_port = NFT_RUN_PORT;
	spec->destination_port = 4500;
	spec->spi = 0xc1c2c3c4;
	spec->pad_bytes = 101;
}

/** Builds it. */
void nft_run_build(const struct packet_spec *spec, struct packet_bytes *ret_packet)
{
	memset(ret_packet, 0, sizeof(*ret_packet));
	packet_build(spec, NULL, ret_packet);
}

/** Makes an IPv4 header's checksum. */
static void sum4(uint8_t *header)
{
	uint16_t sum;

	header[10] = header[11] = 0;
	sum = checksum_finish(checksum_add(0, header, (size_t)(header[0] & 15) * 4));
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

/** One hop less. */
void nft_run_older(struct packet_bytes *packet)
{
	if (packet->data[0] >> 4 == 6) {
		packet->data[7]--;
		return;
	}
	packet->data[8]--;
	sum4(packet->data);
}

/** Of IPv4. */
void nft_run_forbid_fragments(struct packet_bytes *packet)
{
	if (packet->data[0] >> 4 == 6)
		return;
	packet->data[6] |= 0x40;
	sum4(packet->data);
}

/** Injects it. */
void nft_run_send(const struct packet_bytes *packet)
{
	fixture_inject(packet->data, packet->size_bytes);
}

/** Since the test began. */
unsigned int nft_run_forwarded(void)
{
	return forwarded() - forwarded_before;
}

/** Compares bytes, and says where they differ. */
void nft_run_expect_bytes(
	const struct fixture_frame *frame, const struct packet_bytes *expected)
{
	ck_assert_uint_eq(frame->size_bytes, expected->size_bytes);
	for (size_t i = 0; i < frame->size_bytes; i++)
		ck_assert_msg(frame->packet[i] == expected->data[i],
			"byte %zu of %zu is %02x, not %02x", i, frame->size_bytes,
			frame->packet[i], expected->data[i]);
}

/** At the server, and by that way. */
void nft_run_expect(const struct packet_bytes *packet, const struct packet_bytes *expected,
	enum nft_run_way way)
{
	unsigned int before = nft_run_forwarded();
	struct fixture_frame frame;

	nft_run_send(packet);
	ck_assert_msg(fixture_out(&frame), "nothing came out");
	ck_assert_uint_eq(frame.station, NFT_RUN_STATION);
	nft_run_expect_bytes(&frame, expected);
	ck_assert_uint_eq(nft_run_forwarded() - before, way == NFT_RUN_UP);
}

/** Only older. */
void nft_run_expect_older(const struct packet_bytes *packet, enum nft_run_way way)
{
	struct packet_bytes expected = *packet;

	nft_run_older(&expected);
	nft_run_expect(packet, &expected, way);
}

/** The marker comes alone. */
void nft_run_expect_stopped(const struct packet_bytes *packet)
{
	nft_run_send(packet);
	fixture_expect_only_marker();
}
