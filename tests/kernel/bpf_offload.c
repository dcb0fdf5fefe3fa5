/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program and what devices do with packets: checksums that the next device has still to
 * make (CHECKSUM_PARTIAL), sums that the last one has made (CHECKSUM_COMPLETE), several packets
 * in one. Real sockets and devices; what leaves is summed up by the tests' own arithmetic.
 */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf_run.h"
#include "host.h"
#include "tests/lib/checksum.h"

#define PORT 40000
#define GUE_PORT 6080
#define PAYLOAD 301

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };
static const char *const servers[] = { BPF_RUN_SERVER_V4, BPF_RUN_SERVER_V6 };
static const char *const directors[] = { BPF_RUN_DIRECTOR_V4, BPF_RUN_DIRECTOR_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };

/** How packets go on; each test goes over all of them. */
static const struct path {
	const char *name;
	bool nat;
	int outer; /**< of the tunnel: 4 or 6; 0: none */
	bool gue;
} paths[] = {
	{ "direct", false, 0, false },
	{ "nat", true, 0, false },
	{ "ipip", false, 4, false },
	{ "ip6ip6", false, 6, false },
	{ "gue over IPv4", false, 4, true },
	{ "gue over IPv6", false, 6, true },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

/** Bytes in front of the client's packet. */
static size_t outer_bytes(const struct path *path)
{
	if (!path->outer)
		return 0;
	return (path->outer == 6 ? 40 : 20) + (path->gue ? 12 : 0);
}

/** Makes server 1 reached by such a path, and its clients known. */
static void path_up(const struct path *path, int family)
{
	int outer = path->outer ? path->outer == 6 : family;
	struct bpf_way way = bpf_run_way(families[outer]);
	struct address from = bpf_run_address(directors[outer]);
	struct address to = bpf_run_address(servers[outer]);

	way.method = BPF_METHOD_DIRECT;
	if (path->nat)
		bpf_way_nat(&way, &to);
	if (path->outer)
		bpf_way_tunnel(&way, &from, &to, families[family], path->gue ? GUE_PORT : 0);
	bpf_run_set_way(families[family], &way);
	bpf_run_client(clients[family], PORT);
	bpf_run_client(clients[family], 0);
}

/** Attaches the program. */
static void attach(const char *interface)
{
	ck_assert_int_eq(
		bpf_program_attach(bpf_run_ingress(), bpf_run_interface(interface)), 0);
}

/** Reads what comes to server 0x11, and claims that its IPv4 header is right. */
static void arrive(const struct path *path, struct fixture_frame *ret_frame)
{
	ck_assert_msg(fixture_out(ret_frame), "%s: nothing comes", path->name);
	ck_assert_uint_eq(ret_frame->station, 0x11);
	if (ret_frame->packet[0] == 0x45)
		ck_assert_uint_eq(
			checksum_finish(checksum_add(0, ret_frame->packet, 20)), 0);
}

/** Begins a test whose client is a host. */
static int client_up(int family)
{
	host_join("wire_in");
	attach("in0");
	return host_udp(clients[family], PORT);
}

/** Sends a client's ESP in UDP. */
static void client_sends(int fd, int family)
{
	host_send(fd, virtuals[family], 4500, PAYLOAD, 0);
}

/** What the sender's device left to be done the kernel does when the next one cannot. */
START_TEST(checksums_made_at_the_end)
{
	int fd = client_up(_i);

	host_checksums_by_device("out0", false);
	for (const struct path *path = paths; path < paths + PATHS; path++) {
		struct fixture_frame frame;

		path_up(path, _i);
		client_sends(fd, _i);
		arrive(path, &frame);
		ck_assert_msg(host_checksum_is_right(frame.packet + outer_bytes(path)), "%s",
			path->name);
		if (path->gue && path->outer == 6)
			ck_assert(host_checksum_is_right(frame.packet));
	}
	close(fd);
}
END_TEST

/** When it can it is left to it: so these packets have come without a checksum indeed. */
START_TEST(checksums_left_to_the_device)
{
	int fd = client_up(_i);

	for (const struct path *path = paths; path < paths + PATHS; path++) {
		struct fixture_frame frame;

		path_up(path, _i);
		client_sends(fd, _i);
		arrive(path, &frame);
		ck_assert_msg(host_checksum_is_partial(frame.packet + outer_bytes(path)),
			"%s", path->name);
		ck_assert(!host_checksum_is_right(frame.packet + outer_bytes(path)));
	}
	close(fd);
}
END_TEST

/** A sender that makes none (RFC 3948 2.2). */
START_TEST(no_checksum)
{
	int fd = client_up(0), on = 1;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
	host_checksums_by_device("out0", false);
	for (const struct path *path = paths; path < paths + PATHS; path++) {
		struct fixture_frame frame;

		path_up(path, 0);
		client_sends(fd, 0);
		arrive(path, &frame);
		ck_assert_mem_eq(frame.packet + outer_bytes(path) + 26, "\0\0", 2);
		if (path->gue && path->outer == 6)
			ck_assert(host_checksum_is_right(frame.packet));
	}
	close(fd);
}
END_TEST

/** What a nat server sends. */
START_TEST(replies)
{
	const struct path *nat = &paths[1];
	struct address server = bpf_run_address(servers[_i & 1]);
	struct address virtual = bpf_run_address(virtuals[_i & 1]);
	struct fixture_frame frame;
	int fd;

	host_join("wire_out");
	path_up(nat, _i & 1);
	ck_assert_int_eq(bpf_map_update_elem(
		bpf_program_map(bpf_run_ingress(), _i & 1 ? BPF_MAP_REPLIES6 : BPF_MAP_REPLIES4),
		server.bytes, virtual.bytes, BPF_ANY), 0);
	attach("out0");
	host_checksums_by_device("in0", _i >> 1);
	fd = host_udp(servers[_i & 1], 4500);
	host_send(fd, clients[_i & 1], PORT, PAYLOAD, 0);
	ck_assert(fixture_back(&frame));
	ck_assert_mem_eq(frame.packet + (_i & 1 ? 8 : 12), virtual.bytes, _i & 1 ? 16 : 4);
	ck_assert(host_checksum_is_right(frame.packet) == !(_i >> 1));
	ck_assert(host_checksum_is_partial(frame.packet) == (_i >> 1));
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_REPLY), 1);
	close(fd);
}
END_TEST

/** Several datagrams in one are nobody's to carry: unmarked, they go where the kernel's routes
 *  lead. The one that comes behind them is carried. */
START_TEST(datagrams_in_one)
{
	int fd = client_up(_i);
	struct fixture_frame frame;

	path_up(&paths[0], _i);
	host_send(fd, virtuals[_i], 4500, 600, 200);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_GSO_UDP), 1);
	host_send(fd, virtuals[_i], 4500, 200, 200);
	arrive(&paths[0], &frame);
	close(fd);
}
END_TEST

/** Makes a map and, at an interface, a program that writes there what sum the device has made
 *  of each packet: what bpf_csum_update() answers, or an error. Returns the map. */
static int sums_of(const char *interface)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sums", 4, 8, 1, NULL);
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_csum_update },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 0, .off = -8 },
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -12, .imm = 0 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1,
			.src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ .code = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -12 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_update_elem },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = TC_ACT_UNSPEC },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_tc_hook hook = { .sz = sizeof(hook), .attach_point = BPF_TC_INGRESS,
		.ifindex = (int)bpf_run_interface(interface) };
	struct bpf_tc_opts options = { .sz = sizeof(options), .handle = 1, .priority = 1 };

	ck_assert_int_ge(map, 0);
	options.prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "sums", "GPL", code,
		sizeof(code) / sizeof(code[0]), NULL);
	ck_assert_int_ge(options.prog_fd, 0);
	ck_assert_int_eq(bpf_tc_hook_create(&hook), 0);
	ck_assert_int_eq(bpf_tc_attach(&hook, &options), 0);
	close(options.prog_fd);
	return map;
}

/** What a sum is worth: sums in the machine's order, of which one's complement has two zeros. */
static unsigned int folded(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0 : ntohs((uint16_t)sum);
}

/** Expects that the last packet came with a sum, and that it is right. */
static void expect_sum(const struct path *path, int map, const struct fixture_frame *frame)
{
	uint32_t first = 0;
	uint16_t sum = (uint16_t)~checksum_finish(
		checksum_add(0, frame->packet, frame->size_bytes));
	int64_t found = 0;

	ck_assert_int_eq(bpf_map_lookup_elem(map, &first, &found), 0);
	ck_assert_msg(found >= 0, "%s: the device has made no sum", path->name);
	ck_assert_msg(folded((uint64_t)found) == (sum == 0xffff ? 0 : sum),
		"%s: the sum is %04x, not %04x", path->name, folded((uint64_t)found), sum);
}

/** Has the client be behind a VXLAN: the sum of the outer packet leaves one of the inner. */
static void vxlan_up(void)
{
	fixture_shell("ip link add vx0 address 02:00:00:00:00:01 type vxlan id 7 dstport 4789 "
		      "local 192.0.2.1 && ip link set vx0 addrgenmode none && "
		      "ip link set vx0 up");
}

/** Gives an IPv4 packet's UDP, whose checksum is zero, the right one. */
static void put_checksum(uint8_t *packet, size_t size_bytes)
{
	struct address from = address_v4(packet + 12), to = address_v4(packet + 16);
	uint32_t sum = checksum_add_pseudo(0, &from, &to, IPPROTO_UDP, size_bytes - 20);
	uint16_t checksum = checksum_finish(checksum_add(sum, packet + 20, size_bytes - 20));

	packet[26] = (uint8_t)(checksum >> 8);
	packet[27] = (uint8_t)checksum;
}

/** Sends what a client sends through it. The outer packet's checksum has to be verified, and
 *  that is where the sum comes from. */
static void vxlan_send(int family, enum packet_body body)
{
	static const uint8_t header[8] = { 8, 0, 0, 0, 0, 0, 7, 0 };
	uint8_t payload[FIXTURE_BYTES], packet[FIXTURE_BYTES];
	size_t size_bytes;
	struct packet_spec spec;
	struct bpf_frame frame;

	bpf_run_spec(&spec, clients[family], body);
	bpf_run_build(&spec, &frame);
	memcpy(payload, header, sizeof(header));
	memcpy(payload + sizeof(header), frame.bytes, frame.size_bytes);
	size_bytes = fixture_udp(packet, "192.0.2.9", "192.0.2.1", 50000, 4789, payload,
		sizeof(header) + frame.size_bytes);
	put_checksum(packet, size_bytes);
	fixture_inject(packet, size_bytes);
}

/** Every path, family and kind of packet keeps the sum right. */
START_TEST(sums_of_devices)
{
	static const enum packet_body bodies[] = { BODY_ESP, BODY_ESP_IN_UDP };
	int map;

	vxlan_up();
	attach("vx0");
	map = sums_of("wire_out");
	for (const struct path *path = paths; path < paths + PATHS; path++) {
		struct fixture_frame frame;

		path_up(path, _i & 1);
		vxlan_send(_i & 1, bodies[_i >> 1]);
		arrive(path, &frame);
		expect_sum(path, map, &frame);
	}
	close(map);
}
END_TEST

/** Tells whether this kernel has VXLANs. */
static bool have_vxlans(void)
{
	return system("modprobe vxlan 2>/dev/null; unshare -n ip link add probe type vxlan "
		      "id 7 dstport 4789 2>/dev/null") == 0;
}

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-offload");
	TCase *tests = bpf_run_own_case("offload");

	tcase_add_loop_test(tests, checksums_made_at_the_end, 0, 2);
	tcase_add_loop_test(tests, checksums_left_to_the_device, 0, 2);
	tcase_add_test(tests, no_checksum);
	tcase_add_loop_test(tests, replies, 0, 4);
	tcase_add_loop_test(tests, datagrams_in_one, 0, 2);
	if (have_vxlans())
		tcase_add_loop_test(tests, sums_of_devices, 0, 4);
	suite_add_tcase(suite, tests);
	return bpf_run_suite(suite);
}
