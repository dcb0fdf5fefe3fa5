/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See bpf_run.h.
 */
#include "bpf_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "tests/lib/checksum.h"

static struct bpf_ingress *ingress;
static char directory[64];

/** Loads the program in a mount namespace of its own. */
static void setup(void)
{
	struct bpf_program_limits limits = {
		.clients = BPF_RUN_CLIENTS,
		.servers = BPF_RUN_SERVERS,
		.identity = "test",
	};

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/mnt", "tmpfs", 0, NULL), 0);
	strcpy(directory, "/mnt/maps");
	ck_assert_int_eq(bpf_program_open(directory, &limits, &ingress), 0);
	ck_assert_int_eq(bpf_program_settle(ingress), 0);
	ck_assert_int_eq(bpf_program_beat(ingress), 0);
}

/** Lets go of it. */
static void teardown(void)
{
	bpf_program_close(ingress);
}

/** Empties a hash table. */
static void clear_hash(int map)
{
	uint8_t key[16];

	while (!bpf_map_get_next_key(map, NULL, key))
		ck_assert_int_eq(bpf_map_delete_elem(map, key), 0);
}

/** Zeroes an array, of which each CPU may have one. */
static void clear_array(int map, uint32_t count)
{
	static const uint8_t zeros[1 << 16];
	uint32_t i;

	for (i = 0; i < count; i++)
		ck_assert_int_eq(bpf_map_update_elem(map, &i, zeros, BPF_ANY), 0);
}

/** Leaves nothing in the maps of what the test before had there. */
static void clear(void)
{
	static const enum bpf_map_name hashes[] = {
		BPF_MAP_REPLIES4, BPF_MAP_REPLIES6,
	};
	size_t i;

	bpf_clients_clear(bpf_program_clients(ingress));
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		clear_hash(bpf_program_map(ingress, hashes[i]));
	clear_array(bpf_program_map(ingress, BPF_MAP_WAYS), 2 * BPF_RUN_SERVERS);
	clear_array(bpf_program_map(ingress, BPF_MAP_COUNTERS), BPF_RUN_SERVERS);
	clear_array(bpf_program_map(ingress, BPF_MAP_REASONS), BPF_REASON_COUNT);
}

/** Tells whether the kernel has BPF and lets us use it. */
static bool have_bpf(void)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "none", "GPL", nothing, 2, NULL);

	if (fd < 0)
		return errno != ENOSYS && errno != EPERM && errno != EINVAL;
	close(fd);
	return true;
}

/** Runs the suite. */
int bpf_run_suite(Suite *suite)
{
	if (have_bpf())
		return fixture_run(suite);
	fprintf(stderr, "skipped: no BPF here\n");
	srunner_free(srunner_create(suite));
	return 77;
}

/** The fixture's shared case, and maps that are cleared for each test. */
TCase *bpf_run_case(const char *name)
{
	TCase *tests = fixture_shared_case(name);

	tcase_add_unchecked_fixture(tests, setup, teardown);
	tcase_add_checked_fixture(tests, clear, NULL);
	return tests;
}

/** The fixture's case and ours. */
TCase *bpf_run_own_case(const char *name)
{
	TCase *tests = fixture_case(name);

	tcase_add_checked_fixture(tests, setup, teardown);
	return tests;
}

/** The program. */
struct bpf_ingress *bpf_run_ingress(void)
{
	return ingress;
}

/** Another one. */
void bpf_run_use(struct bpf_ingress *other)
{
	bpf_program_close(ingress);
	ingress = other;
}

/** The directory. */
const char *bpf_run_directory(void)
{
	return directory;
}

/** Looks the interface up. */
uint32_t bpf_run_interface(const char *name)
{
	uint32_t interface = if_nametoindex(name);

	ck_assert_uint_ne(interface, 0);
	return interface;
}

/** Reads the address. */
struct address bpf_run_address(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_parse(text, &address), 0);
	return address;
}

/** Puts a client into the table of its family. */
void bpf_run_client(const char *client, uint16_t port)
{
	struct fast_path_key key = client_key(client, port);

	ck_assert_int_ge(bpf_clients_put(bpf_program_clients(ingress), &key, 1), 0);
}

/** A way that lacks its method. */
struct bpf_way bpf_run_way(uint8_t outer)
{
	static const uint8_t to[] = { 2, 0, 0, 0, 0, 0x11 }, from[] = { 2, 0, 0, 0, 0, 2 };
	struct bpf_way way = {
		.mtu_bytes = BPF_RUN_MTU,
		.mark = BPF_RUN_MARK,
		.mark_mask = BPF_RUN_MASK,
	};

	bpf_way_link(&way, bpf_run_interface("out0"), to, from, outer);
	return way;
}

/** Puts a way. */
void bpf_run_set_way(uint8_t client_family, const struct bpf_way *way)
{
	ck_assert_int_eq(bpf_program_set_way(ingress,
		bpf_way_index(1, client_family == AF_INET6), way), 0);
}

/** A client's packet. */
void bpf_run_spec(struct packet_spec *spec, const char *client, enum packet_body body)
{
	packet_spec_init(spec);
	spec->body = body;
	spec->source = bpf_run_address(client);
	spec->destination = bpf_run_address(spec->source.family == AF_INET6
			? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4);
	spec->source_port = 40000;
	spec->destination_port = 4500;
	spec->spi = 0xc1c2c3c4;
	spec->pad_bytes = 101;
}

/** The frame of a packet. */
void bpf_run_build(const struct packet_spec *spec, struct bpf_frame *ret_frame)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9 };
	struct packet_bytes packet;
	bool v6 = spec->source.family == AF_INET6;

	packet_build(spec, NULL, &packet);
	ck_assert_uint_le(packet.size_bytes + 14, sizeof(ret_frame->bytes));
	memset(ret_frame, 0, sizeof(*ret_frame));
	memcpy(ret_frame->bytes, link, sizeof(link));
	ret_frame->bytes[12] = v6 ? 0x86 : 0x08;
	ret_frame->bytes[13] = v6 ? 0xdd : 0x00;
	memcpy(ret_frame->bytes + 14, packet.data, packet.size_bytes);
	ret_frame->size_bytes = packet.size_bytes + 14;
}

/** Runs it with all that a test can set. */
void bpf_run_at(const char *interface, const struct bpf_frame *frame, uint32_t gso_bytes,
	struct bpf_ran *ret_ran)
{
	uint32_t number = bpf_run_interface(interface);
	struct __sk_buff before = {
		.mark = 0x10001,
		.ifindex = number,
		.ingress_ifindex = number,
		.gso_size = gso_bytes,
		.gso_segs = gso_bytes ? 2 : 0,
	}, after = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		.data_size_in = (uint32_t)frame->size_bytes,
		.data_out = ret_ran->frame.bytes,
		.data_size_out = sizeof(ret_ran->frame.bytes), .ctx_in = &before,
		.ctx_size_in = sizeof(before), .ctx_out = &after,
		.ctx_size_out = sizeof(after));

	ck_assert_int_eq(bpf_prog_test_run_opts(bpf_program_fd(ingress), &options), 0);
	ret_ran->action = (int)options.retval;
	ret_ran->mark = after.mark;
	ret_ran->frame.size_bytes = options.data_size_out;
}

/** Runs it as what clients send. */
void bpf_run(const struct bpf_frame *frame, struct bpf_ran *ret_ran)
{
	bpf_run_at("in0", frame, 0, ret_ran);
}

/** Sums a header up. */
void bpf_run_sum4(uint8_t *header)
{
	uint16_t sum;

	header[10] = header[11] = 0;
	sum = checksum_finish(checksum_add(0, header, 20));
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

/** One hop less. */
void bpf_run_older(uint8_t *packet)
{
	if (packet[0] >> 4 == 6) {
		packet[7]--;
		return;
	}
	packet[8]--;
	bpf_run_sum4(packet);
}

/** To the server, or to the router behind which it is. */
void bpf_run_link(uint8_t *frame, uint8_t family)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 0x11, 2, 0, 0, 0, 0, 2 };

	memcpy(frame, link, sizeof(link));
	frame[12] = family == AF_INET6 ? 0x86 : 0x08;
	frame[13] = family == AF_INET6 ? 0xdd : 0x00;
}

/** Compares frames, and says where they differ. */
static void expect_frame(const struct bpf_frame *got, const struct bpf_frame *expected)
{
	size_t i;

	ck_assert_uint_eq(got->size_bytes, expected->size_bytes);
	for (i = 0; i < got->size_bytes; i++)
		ck_assert_msg(got->bytes[i] == expected->bytes[i],
			"byte %zu of %zu is %02x, not %02x", i, got->size_bytes,
			got->bytes[i], expected->bytes[i]);
}

/** Carried, and not counted as anything else. */
void bpf_run_expect(const struct bpf_ran *ran, const struct bpf_frame *expected)
{
	int reason;

	for (reason = 0; reason < BPF_REASON_COUNT; reason++)
		ck_assert_msg(reason == BPF_REASON_REPLY ||
			!bpf_run_reason((enum bpf_reason)reason), "went up: %s",
			bpf_program_reason_name((enum bpf_reason)reason));
	ck_assert_int_eq(ran->action, BPF_RUN_REDIRECT);
	ck_assert_uint_eq(ran->mark, 0x10001);
	expect_frame(&ran->frame, expected);
}

/** Passed, and counted once for that alone. */
void bpf_run_expect_pass(const struct bpf_frame *frame, const struct bpf_ran *ran,
	enum bpf_reason expected, bool marked)
{
	struct bpf_counters counters;
	int reason;

	for (reason = 0; reason < BPF_REASON_COUNT; reason++)
		ck_assert_msg(bpf_run_reason((enum bpf_reason)reason) ==
				(reason == (int)expected), "%s",
			bpf_program_reason_name((enum bpf_reason)reason));
	ck_assert_int_eq(ran->action, BPF_RUN_PASS);
	ck_assert_uint_eq(ran->mark, marked ? 0x10001 | BPF_RUN_MARK : 0x10001);
	expect_frame(&ran->frame, frame);
	ck_assert_int_eq(bpf_program_counters(ingress, 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 0);
}

/** Reads a counter. */
uint64_t bpf_run_reason(enum bpf_reason reason)
{
	uint64_t packets;

	ck_assert_int_eq(bpf_program_reason(ingress, reason, &packets), 0);
	return packets;
}
