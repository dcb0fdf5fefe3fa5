/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At which links something at ingress is: the choice, and that it follows links which come, go,
 * change their names or get a master. The owner is the test's own and only notes what it is
 * asked for. The director has in0 and out0, each with its wire.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/ingress_links.h"

/** What the owner knows. */
struct owner {
	uint32_t interfaces[16]; /**< where it is */
	size_t count;
	const char *refuses; /**< a link that it cannot be at */
	size_t attached;     /**< how often */
	size_t detached;     /**< the same, where it was */
};

static struct owner owner;
static struct ingress_links links;

/** Where in the list an interface is; count: nowhere. */
static size_t place_of(const struct owner *at, uint32_t interface)
{
	size_t i = 0;

	while (i < at->count && at->interfaces[i] != interface)
		i++;
	return i;
}

/** Attaches, if it is not there: who asks must know. */
static int attach(uint32_t interface, const char *name, void *user)
{
	struct owner *at = user;

	ck_assert_uint_eq(if_nametoindex(name), interface);
	ck_assert_uint_eq(place_of(at, interface), at->count);
	if (at->refuses && strcmp(name, at->refuses) == 0)
		return -EBUSY;
	ck_assert_uint_lt(at->count, sizeof(at->interfaces) / sizeof(at->interfaces[0]));
	at->interfaces[at->count++] = interface;
	at->attached++;
	return 0;
}

/** Detaches, wherever. */
static int detach(uint32_t interface, const char *name, void *user)
{
	struct owner *at = user;
	size_t place = place_of(at, interface);

	ck_assert_uint_eq(if_nametoindex(name), interface);
	if (place < at->count) {
		at->interfaces[place] = at->interfaces[--at->count];
		at->detached++;
	}
	return 0;
}

/** Tells where it is. */
static int is_attached(uint32_t interface, const char *name, void *user)
{
	const struct owner *at = user;

	ck_assert_uint_eq(if_nametoindex(name), interface);
	return place_of(at, interface) < at->count;
}

static struct ingress_links_owner owner_functions = {
	.attach = attach, .detach = detach, .is_attached = is_attached
};

/** Begins with the config of the test. */
static void open_links(void)
{
	ck_assert_int_eq(
		ingress_links_open(&links, fixture_config(), &owner_functions, &owner), 0);
	ck_assert_uint_eq(links.count, 0);
	ck_assert_uint_eq(owner.attached, 0);
}

/** Compares two words. */
static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

/** Looks, and expects the wanted links in the order of their names, one with an error having
 *  a "!" behind it. */
static void expect_look(const char *wanted)
{
	char names[16][IFNAMSIZ + 2] = { "" }, text[512] = "";

	ck_assert_int_eq(ingress_links_look(&links), 0);
	ck_assert_uint_le(links.count, 16);
	for (size_t i = 0; i < links.count; i++) {
		const struct ingress_link_state *item = &links.items[i];

		ck_assert_uint_eq(if_nametoindex(item->name), item->interface);
		ck_assert_int_eq(!item->error,
			place_of(&owner, item->interface) < owner.count);
		strcpy(names[i], item->name);
		strcat(names[i], item->error ? "! " : " ");
	}
	qsort(names, links.count, sizeof(names[0]), compare);
	for (size_t i = 0; i < links.count; i++)
		strcat(text, names[i]);
	ck_assert_str_eq(text, wanted);
}

/** Names an interface in the config. */
static void name_interface(const char *name)
{
	struct config *config = fixture_config();

	strcpy(config->interfaces[config->interface_count++], name);
}

/** All of Ethernet; no loopback, no tunnel. Looking again changes nothing. */
START_TEST(found_by_themselves)
{
	fixture_shell("ip tuntap add tunnel mode tun && ip link set tunnel up");
	open_links();
	expect_look("in0 out0 wire_in wire_out ");
	ck_assert_uint_eq(owner.attached, 4);
	expect_look("in0 out0 wire_in wire_out ");
	ck_assert_uint_eq(owner.attached, 4);
	ck_assert_uint_eq(owner.detached, 0);
	ck_assert_int_eq(ingress_links_detach_all(&links), 0);
	ck_assert_uint_eq(owner.count, 0);
	expect_look("in0 out0 wire_in wire_out ");
	ingress_links_close(&links);
	ck_assert_uint_eq(owner.count, 4);
}
END_TEST

/** Where the owner can, others that are up as well; no loopback, and not our own tunnels. */
START_TEST(found_of_any_kind)
{
	owner_functions.any_kind = true;
	fixture_shell("ip tuntap add tun1 mode tun && ip tuntap add ipb-ipip-0 mode tun && "
		      "ip link set ipb-ipip-0 up && ip link set lo up");
	open_links();
	expect_look("in0 out0 wire_in wire_out ");
	fixture_shell("ip link set tun1 up");
	expect_look("in0 out0 tun1 wire_in wire_out ");
	fixture_shell("ip link set tun1 down");
	expect_look("in0 out0 wire_in wire_out ");
	ck_assert_uint_eq(owner.detached, 1);
	ingress_links_close(&links);
}
END_TEST

/** Those that the config names alone, whether they are there yet or not, and enslaved or not. */
START_TEST(named_in_the_config)
{
	name_interface("late0");
	name_interface("in0");
	owner.interfaces[owner.count++] = if_nametoindex("out0"); /* of an earlier run */
	open_links();
	expect_look("in0 ");
	ck_assert_uint_eq(owner.detached, 1);
	fixture_shell("ip link add late0 type veth peer peer0");
	expect_look("in0 late0 ");
	fixture_shell("ip link add bridge0 type bridge && ip link set late0 master bridge0");
	expect_look("in0 late0 ");
	ck_assert_uint_eq(owner.attached, 2);
	ingress_links_close(&links);
}
END_TEST

/** A new one by the same name is another link. */
START_TEST(made_again)
{
	uint32_t before = if_nametoindex("out0");

	open_links();
	expect_look("in0 out0 wire_in wire_out ");
	fixture_shell("ip link del out0");
	expect_look("in0 wire_in ");
	fixture_shell("ip link add out0 type veth peer wire_out");
	ck_assert_uint_ne(if_nametoindex("out0"), before);
	expect_look("in0 out0 wire_in wire_out ");
	ck_assert_uint_eq(owner.attached, 6);
	ingress_links_close(&links);
}
END_TEST

/** Frames come in by the bridge, and by the port again when that has left it. */
START_TEST(enslaved_to_a_bridge)
{
	open_links();
	expect_look("in0 out0 wire_in wire_out ");
	fixture_shell("ip link add bridge0 type bridge && ip link set out0 master bridge0");
	expect_look("bridge0 in0 wire_in wire_out ");
	ck_assert_uint_eq(owner.detached, 1);
	ck_assert_uint_eq(place_of(&owner, if_nametoindex("out0")), owner.count);
	fixture_shell("ip link set out0 nomaster");
	expect_look("bridge0 in0 out0 wire_in wire_out ");
	fixture_shell("ip link set out0 name other0");
	expect_look("bridge0 in0 other0 wire_in wire_out ");
	ck_assert_uint_eq(owner.attached, 6);
	ingress_links_close(&links);
}
END_TEST

/** What fails at one link is noted there, tried again at each look, and keeps nobody else
 *  out; what somebody takes off is put back. */
START_TEST(one_that_fails)
{
	owner.refuses = "in0";
	open_links();
	expect_look("in0! out0 wire_in wire_out ");
	owner.refuses = NULL;
	expect_look("in0 out0 wire_in wire_out ");
	owner.count = 0;
	expect_look("in0 out0 wire_in wire_out ");
	ck_assert_uint_eq(owner.attached, 8);
	ingress_links_close(&links);
}
END_TEST

/** Runs all. */
int main(void)
{
	Suite *suite = suite_create("ingress_links");
	TCase *tests = fixture_case("ingress_links");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, found_by_themselves);
	tcase_add_test(tests, found_of_any_kind);
	tcase_add_test(tests, named_in_the_config);
	tcase_add_test(tests, made_again);
	tcase_add_test(tests, enslaved_to_a_bridge);
	tcase_add_test(tests, one_that_fails);
	return fixture_run(suite);
}
