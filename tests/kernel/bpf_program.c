/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program's life: what is taken over, where it is attached and beside whom, and that
 * frames really leave by the interface they are to leave by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf_run.h"

/** Opens a second program over the same pins, with so many clients. The pins are still the
 *  first one's. */
static struct bpf_ingress *beside(const char *identity, uint32_t clients)
{
	struct bpf_program_limits limits = {
		.clients = clients,
		.servers = BPF_RUN_SERVERS,
		.identity = identity,
	};
	struct bpf_ingress *ingress;

	ck_assert_int_eq(bpf_program_open(bpf_run_directory(), &limits, &ingress), 0);
	return ingress;
}

/** The same, and the pins are its own. */
static struct bpf_ingress *again(const char *identity, uint32_t clients)
{
	struct bpf_ingress *ingress = beside(identity, clients);

	ck_assert_int_eq(bpf_program_settle(ingress), 0);
	return ingress;
}

/** How many clients a program has. */
static uint64_t count_clients(struct bpf_ingress *ingress)
{
	return bpf_clients_count(bpf_program_clients(ingress));
}

/** Has server 1 be directly behind out0, or another interface. */
static void direct_by(const char *interface)
{
	struct bpf_way way = bpf_run_way(AF_INET);

	way.method = BPF_METHOD_DIRECT;
	way.interface = bpf_run_interface(interface);
	bpf_run_set_way(AF_INET, &way);
	bpf_run_client(FIXTURE_CLIENT_V4, 0);
}

/** Sends a client's ESP on the wire. */
static void send_esp(void)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ESP);
	bpf_run_build(&spec, &frame);
	fixture_inject(frame.bytes + 14, frame.size_bytes - 14);
}

/** Expects it at the server, or else at the router where the kernel's own routes lead. */
static void expect_at(uint8_t station)
{
	struct fixture_frame frame;

	send_esp();
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, station);
	ck_assert_uint_eq(frame.packet[9], 50);
	ck_assert_uint_eq(frame.packet[8], 63);
}

/** Attaches the program of this test to an interface. */
static int attach(const char *interface)
{
	return bpf_program_attach(bpf_run_ingress(), bpf_run_interface(interface));
}

START_TEST(frames_leave_by_the_interface)
{
	direct_by("out0");
	expect_at(FIXTURE_ROUTER);
	ck_assert_int_eq(attach("in0"), 0);
	expect_at(0x11);
	ck_assert_int_eq(bpf_program_detach(bpf_run_ingress(), bpf_run_interface("in0")), 0);
	expect_at(FIXTURE_ROUTER);
}
END_TEST

START_TEST(the_same_servers_are_taken_over)
{
	struct bpf_ingress *second;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	bpf_run_client(FIXTURE_CLIENT_V4, 4500);
	second = again("test", BPF_RUN_CLIENTS);
	ck_assert(bpf_program_took_over(second));
	ck_assert(!bpf_program_took_over(bpf_run_ingress()));
	ck_assert_uint_eq(count_clients(second), 2);
	bpf_program_close(second);
}
END_TEST

START_TEST(other_servers_begin_anew)
{
	struct bpf_ingress *second;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	second = again("others", BPF_RUN_CLIENTS);
	ck_assert(!bpf_program_took_over(second));
	ck_assert_uint_eq(count_clients(second), 0);
	ck_assert_uint_eq(count_clients(bpf_run_ingress()), 1);
	bpf_program_close(second);
	/* And the pins are those of the second. */
	second = again("others", BPF_RUN_CLIENTS);
	ck_assert(bpf_program_took_over(second));
	bpf_program_close(second);
}
END_TEST

/** One that goes no further leaves the earlier one's pins as they were, whether it had taken them
 *  over or not, and none where there were none. */
START_TEST(what_is_not_settled_is_undone)
{
	struct bpf_ingress *second;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	bpf_program_close(beside("others", BPF_RUN_CLIENTS));
	bpf_program_close(beside("test", 100 * 1000));
	bpf_program_close(beside("test", BPF_RUN_CLIENTS));
	fixture_shell("! ls /mnt/maps | grep new");
	second = again("test", BPF_RUN_CLIENTS);
	ck_assert(bpf_program_took_over(second));
	ck_assert_uint_eq(count_clients(second), 1);
	bpf_program_close(second);
	ck_assert_int_eq(bpf_program_remove(bpf_run_directory()), 0);
	second = beside("test", BPF_RUN_CLIENTS);
	ck_assert_int_eq(access(bpf_run_directory(), F_OK), 0);
	bpf_program_close(second);
	ck_assert_int_eq(access(bpf_run_directory(), F_OK), -1);
}
END_TEST

/** Nor does one that was killed: what it has left is in nobody's way. */
START_TEST(what_was_left_half_done)
{
	struct bpf_ingress *left, *second;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	left = beside("others", BPF_RUN_CLIENTS);
	second = again("test", BPF_RUN_CLIENTS);
	ck_assert(bpf_program_took_over(second));
	bpf_program_close(second);
	second = again("test", BPF_RUN_CLIENTS);
	ck_assert_uint_eq(count_clients(second), 1);
	bpf_program_close(second);
	bpf_program_close(left);
	ck_assert_int_eq(bpf_program_remove(bpf_run_directory()), 0);
	ck_assert_int_eq(access(bpf_run_directory(), F_OK), -1);
}
END_TEST

START_TEST(another_size_begins_anew)
{
	struct bpf_ingress *second;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	second = again("test", 100 * 1000);
	ck_assert(!bpf_program_took_over(second));
	ck_assert_uint_eq(count_clients(second), 0);
	bpf_program_close(second);
}
END_TEST

/** A later program takes the earlier one's place, and both have the same maps. */
START_TEST(replaced_in_its_place)
{
	struct bpf_ingress *second;
	uint32_t in0 = bpf_run_interface("in0");

	direct_by("out0");
	ck_assert_int_eq(attach("in0"), 0);
	ck_assert_int_eq(bpf_program_is_attached(bpf_run_ingress(), in0), 1);
	second = again("test", BPF_RUN_CLIENTS);
	ck_assert_int_eq(bpf_program_is_attached(second, in0), 0);
	expect_at(0x11);
	ck_assert_int_eq(bpf_program_attach(second, in0), 0);
	ck_assert_int_eq(bpf_program_is_attached(second, in0), 1);
	ck_assert_int_eq(bpf_program_is_attached(bpf_run_ingress(), in0), 0);
	expect_at(0x11);
	fixture_shell("test $(tc filter show dev in0 ingress | grep -c 'handle 0x1 ') = 1");
	bpf_program_close(second);
}
END_TEST

/** Without any process it goes on. */
START_TEST(outlives_the_process)
{
	direct_by("out0");
	ck_assert_int_eq(attach("in0"), 0);
	bpf_run_use(NULL);
	expect_at(0x11);
	ck_assert_int_eq(bpf_program_remove(bpf_run_directory()), 0);
	expect_at(FIXTURE_ROUTER);
	ck_assert_int_eq(access(bpf_run_directory(), F_OK), -1);
	fixture_shell("! tc qdisc show dev in0 | grep clsact");
	ck_assert_int_eq(bpf_program_remove(bpf_run_directory()), 0);
}
END_TEST

/** Has a program of somebody else's, which does action, at in0. */
static void foreign_filter(enum bpf_tc_attach_point point, uint32_t priority, int action)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = action },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_tc_hook hook = {
		.sz = sizeof(hook),
		.ifindex = (int)bpf_run_interface("in0"),
		.attach_point = point,
	};
	struct bpf_tc_opts options = {
		.sz = sizeof(options),
		.handle = 1,
		.priority = priority,
	};
	int error = bpf_tc_hook_create(&hook);

	ck_assert(!error || error == -EEXIST);
	options.prog_fd =
		bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", nothing, 2, NULL);
	ck_assert_int_ge(options.prog_fd, 0);
	ck_assert_int_eq(bpf_tc_attach(&hook, &options), 0);
	close(options.prog_fd);
}

/** clsact of others stays, and so do filters. */
START_TEST(others_stay)
{
	uint32_t in0 = bpf_run_interface("in0");

	fixture_shell("tc qdisc add dev in0 clsact");
	ck_assert_int_eq(attach("in0"), 0);
	ck_assert_int_eq(bpf_program_detach(bpf_run_ingress(), in0), 0);
	fixture_shell("tc qdisc show dev in0 | grep -q clsact && tc qdisc del dev in0 clsact");
	ck_assert_int_eq(attach("in0"), 0);
	foreign_filter(BPF_TC_EGRESS, 7, 0);
	ck_assert_int_eq(bpf_program_detach(bpf_run_ingress(), in0), 0);
	fixture_shell("tc filter show dev in0 egress | grep -q foreign");
}
END_TEST

/** Whoever is in our place keeps it. */
START_TEST(our_place_is_taken)
{
	foreign_filter(BPF_TC_INGRESS, 50000, 0);
	ck_assert_int_eq(attach("in0"), -EEXIST);
	ck_assert_int_eq(bpf_program_remove(bpf_run_directory()), 0);
	fixture_shell("tc filter show dev in0 ingress | grep -q foreign");
}
END_TEST

/** A filter that comes before ours and drops has the last word. */
START_TEST(filters_before_ours)
{
	struct bpf_counters counters;

	direct_by("out0");
	ck_assert_int_eq(attach("in0"), 0);
	foreign_filter(BPF_TC_INGRESS, 49152, 2);
	send_esp();
	fixture_shell("tc filter del dev in0 ingress pref 49152");
	expect_at(0x11);
	ck_assert_int_eq(bpf_program_counters(bpf_run_ingress(), 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 1);
}
END_TEST

START_TEST(only_ethernet)
{
	ck_assert_int_eq(attach("lo"), -EOPNOTSUPP);
	ck_assert_int_eq(bpf_program_attach(bpf_run_ingress(), 9999), -ENODEV);
	ck_assert_int_eq(bpf_program_detach(bpf_run_ingress(), 9999), 0);
	fixture_shell("! tc qdisc show dev lo | grep clsact");
}
END_TEST

/** Sends a client's ESP with a VLAN tag. */
static void send_tagged(uint8_t vlan)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)bpf_run_interface("wire_in"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct packet_spec spec;
	struct bpf_frame frame;

	ck_assert_int_ne(fd, -1);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ESP);
	bpf_run_build(&spec, &frame);
	memmove(frame.bytes + 16, frame.bytes + 12, frame.size_bytes - 12);
	memcpy(frame.bytes + 12, (uint8_t[]){ 0x81, 0, 0, vlan }, 4);
	ck_assert_int_eq(sendto(fd, frame.bytes, frame.size_bytes + 4, 0,
				 (const struct sockaddr *)&address, sizeof(address)),
		(ssize_t)frame.size_bytes + 4);
	close(fd);
}

/** Tells whether this kernel has VLANs; they come and go with the device. */
static bool have_vlans(void)
{
	char *answer = fixture_output("ip link add link in0 name in0.9 type vlan id 9 "
				      "2>&1 && ip link del in0.9 || true");
	bool have = !strstr(answer, "Unknown device type");

	free(answer);
	return have;
}

/** A VLAN's packets are carried at the VLAN's own device, once, and leave without the tag. */
START_TEST(vlan_in)
{
	struct bpf_counters counters;
	struct fixture_frame frame;

	if (!have_vlans())
		return;
	fixture_shell("ip link add link in0 name in0.5 type vlan id 5 && "
		      "ip link set in0.5 up");
	direct_by("out0");
	ck_assert_int_eq(attach("in0"), 0);
	ck_assert_int_eq(attach("in0.5"), 0);
	send_tagged(5);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	ck_assert_uint_eq(frame.packet[0], 0x45);
	ck_assert_uint_eq(frame.packet[8], 63);
	ck_assert_int_eq(bpf_program_counters(bpf_run_ingress(), 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 1);
}
END_TEST

/** With the device gone, nothing of a tagged frame is carried. */
START_TEST(vlan_without_a_device)
{
	struct bpf_counters counters;

	direct_by("out0");
	ck_assert_int_eq(attach("in0"), 0);
	send_tagged(5);
	expect_at(0x11);
	ck_assert_int_eq(bpf_program_counters(bpf_run_ingress(), 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 1);
}
END_TEST

/** A next hop behind a VLAN gets the tag. */
START_TEST(vlan_out)
{
	if (!have_vlans())
		return;
	fixture_shell("for i in out0 wire_out; do "
		      "ip link add link $i name $i.7 type vlan id 7 && "
		      "ip link set $i.7 address 02:00:00:00:00:$([ $i = out0 ] && "
		      "echo 02 || echo 11) addrgenmode none && "
		      "ip link set $i.7 up || exit 1; done");
	direct_by("out0.7");
	ck_assert_int_eq(attach("in0"), 0);
	send_esp();
	fixture_shell("for i in $(seq 100); do "
		      "grep -q 'wire_out.7: *[0-9]* *1 ' /proc/net/dev && exit; "
		      "sleep 0.05; done; exit 1");
}
END_TEST

/** What /proc says of the maps grows with them. */
START_TEST(memory)
{
	uint64_t small = bpf_program_memory_bytes(bpf_run_ingress());
	struct bpf_ingress *second = again("test", 1 << 16);

	ck_assert_uint_gt(small, 1000);
	ck_assert_uint_gt(bpf_program_memory_bytes(second), small + (1 << 16) * 2 * 8);
	bpf_program_close(second);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-program");
	TCase *maps = bpf_run_own_case("maps"), *hook = bpf_run_own_case("hook");
	TCase *frames = bpf_run_own_case("frames");

	tcase_add_test(maps, the_same_servers_are_taken_over);
	tcase_add_test(maps, other_servers_begin_anew);
	tcase_add_test(maps, what_is_not_settled_is_undone);
	tcase_add_test(maps, what_was_left_half_done);
	tcase_add_test(maps, another_size_begins_anew);
	tcase_add_test(maps, memory);
	tcase_add_test(hook, replaced_in_its_place);
	tcase_add_test(hook, outlives_the_process);
	tcase_add_test(hook, others_stay);
	tcase_add_test(hook, our_place_is_taken);
	tcase_add_test(hook, filters_before_ours);
	tcase_add_test(hook, only_ethernet);
	tcase_add_test(frames, frames_leave_by_the_interface);
	tcase_add_test(frames, vlan_in);
	tcase_add_test(frames, vlan_without_a_device);
	tcase_add_test(frames, vlan_out);
	suite_add_tcase(suite, maps);
	suite_add_tcase(suite, hook);
	suite_add_tcase(suite, frames);
	return bpf_run_suite(suite);
}
