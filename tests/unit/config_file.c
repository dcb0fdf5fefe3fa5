/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file: what it yields, and for each mistake the line, what was found
 * and what was expected.
 */
#include "daemon/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/scheduler.h"
#include "daemon/config_schema.h"
#include "tests/unit/unit.h"

#define SERVICE_HEAD "service vpn {\n\taddress = 192.0.2.1\n"
#define SERVER "\tserver gw1 { address = 10.2.0.11 }\n"
#define GOOD SERVICE_HEAD SERVER "}\n"

/** One mistake: the file, and the whole of the first line about it. */
struct mistake {
	const char *text;
	const char *error;
};

static const struct mistake mistakes[] = {
	/* grammar */
	{"", "f: found no service, expected at least one"},
	{"# only a comment\n", "f: found no service, expected at least one"},
	{"\"\" = 4\n", "f:1: found an empty name, expected KEY = VALUE"},
	{SERVICE_HEAD "server a {\n\n\"\" = 4\n}\n}\n",
		"f:5: found an empty name, expected KEY = VALUE"},
	{"queue 5\n",
		"f:1: missing equal sign after option 'queue', expected KEY = VALUE"},
	{"queue = \n}\n", "f:2: unexpected token '}', expected KEY = VALUE, a section, "
			  "or \"}\" at its end"},
	{"service vpn {\n",
		"f:2: found the end of the file in service, expected \"}\" for each "
		"\"{\""},
	{SERVICE_HEAD SERVER "server b { address = 10.0.0.2",
		"f:5: found the end of the file in server, expected \"}\" for each "
		"\"{\""},
	{GOOD "/* never ends\n",
		"f:7: found the end of the file in a comment, expected \"*/\""},
	{GOOD "queue = \"7\n",
		"f:7: found the end of the file in a value, expected its end, quotes in "
		"pairs"},
	{"service {\n}\n", "f:1: missing title for section 'service', expected a name "
			   "before \"{\""},
	{"service vpn\n\naddress = 1\n",
		"f:3: missing opening brace for section 'service', expected \"{\""},
	{"queue += 4\n",
		"f:1: attempt to append to non-list option 'queue', expected \"=\""},
	{GOOD GOOD, "f:5: found duplicate title 'vpn', expected another name"},
	{SERVICE_HEAD SERVER SERVER "}\n",
		"f:4: found duplicate title 'gw1', expected another name"},
	{"queue = 1\nqueue = 2\n" GOOD,
		"f:2: queue: found a second time, expected once in its section"},
	{SERVICE_HEAD "address = 192.0.2.2\n" SERVER "}\n",
		"f:3: address: found a second time, expected once in its section"},
	/* values */
	{"queue = many\n" GOOD,
		"f:1: queue: found \"many\", expected a number from 0 to 65535"},
	{"queue = 65536\n" GOOD,
		"f:1: queue: found \"65536\", expected a number from 0 to 65535"},
	{"queue = -1\n" GOOD,
		"f:1: queue: found \"-1\", expected a number from 0 to 65535"},
	{"queue = 0x\n" GOOD,
		"f:1: queue: found \"0x\", expected a number from 0 to 65535"},
	{"queue = \"\"\n" GOOD,
		"f:1: queue: found \"\", expected a number from 0 to 65535"},
	{"queue-length = 4\n" GOOD,
		"f:1: queue-length: found \"4\", expected a number from 16 to 1048576"},
	{"\n\nrule-priority = 32001\n" GOOD,
		"f:3: rule-priority: found \"32001\", expected a number from 1 to 32000"},
	{"mark-mask = 0x100000000\n" GOOD,
		"f:1: mark-mask: found \"0x100000000\", expected a number from 0x1 to "
		"0xffffffff"},
	{"max-entries = 99999999999999999999\n" GOOD,
		"f:1: max-entries: found \"99999999999999999999\", expected a number "
		"from 1 "
		"to 16777216"},
	{"socket = control.sock\n" GOOD, "f:1: socket: found \"control.sock\", expected "
					 "an absolute path shorter than "
					 "104 bytes"},
	{"state-file = \"state\"\n" GOOD,
		"f:1: state-file: found \"state\", expected an absolute path shorter than 256 "
		"bytes, or none"},
	{"state-interval = 86401\n" GOOD, "f:1: state-interval: found \"86401\", expected a "
					  "number from 0 to 86400 (seconds)"},
	{"socket-group = \"a b\"\n" GOOD, "f:1: socket-group: found \"a b\", expected 1 "
					  "to 31 of the characters A-Z a-z "
					  "0-9 . _ -"},
	{"ruleset = iptables\n" GOOD,
		"f:1: ruleset: found \"iptables\", expected nftables or external"},
	{SERVICE_HEAD "timeout-initial = 0\n" SERVER "}\n",
		"f:3: timeout-initial: found \"0\", expected a number from 1 to 3600 "
		"(seconds)"},
	{SERVICE_HEAD "scheduler = random\n" SERVER "}\n",
		"f:3: scheduler: found \"random\", expected one of: rr wrr wlc hash"},
	{SERVICE_HEAD "method = fast\n" SERVER "}\n",
		"f:3: method: found \"fast\", expected direct, tunnel, nat or local"},
	{SERVICE_HEAD SERVER "server a { method = tunnel }\n}\n",
		"f:4: server a: found no address, expected one for method tunnel"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nmethod = nat\nreplies = unseen\n}\n"
		      "}\n",
		"f:6: server a: found replies unseen, expected seen with method nat: the "
		"director translates them"},
	{"service vpn {\naddress = {192.0.2.1, 192.0.2.2}\nserver a {\n"
	 "address = 10.0.0.1\nmethod = nat\n}\n}\n",
		"f:4: server a: found 2 IPv4 addresses in service vpn, expected one with "
		"method nat: it is the source of what the server starts"},
	{"service one {\naddress = 192.0.2.1\nmethod = nat\n" SERVER "}\n"
	 "service two {\naddress = 192.0.2.2\nmethod = nat\n" SERVER "}\n",
		"f:9: address: found 10.2.0.11, which server gw1 of service one has already, "
		"expected an address of its own for method nat"},
	{SERVICE_HEAD "method = nat\nah = yes\n" SERVER "}\n",
		"f:4: ah: found yes in service vpn, where all servers have method nat, "
		"expected no: AH protects the addresses that NAT changes"},
	{SERVICE_HEAD "encapsulation = gre\n" SERVER "}\n",
		"f:3: encapsulation: found \"gre\", expected ipip or gue"},
	{SERVICE_HEAD "gue-port = 0\n" SERVER "}\n",
		"f:3: gue-port: found \"0\", expected a number from 1 to 65535"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nencapsulation = gue\n}\n}\n",
		"f:5: server a: found encapsulation, expected none with method direct"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nmethod = tunnel\ngue-port = 9\n"
		"}\n}\n",
		"f:6: server a: found gue-port, expected none without method tunnel and "
		"encapsulation gue"},
	{SERVICE_HEAD "method = tunnel\nencapsulation = gue\n" SERVER "}\n"
		"service two {\naddress = 192.0.2.9\nmethod = tunnel\n"
		"server b {\naddress = 10.2.0.11\n}\n}\n",
		"f:10: server b: found another encapsulation or gue-port than server gw1 "
		"of service vpn has to that address, expected the same"},
	{SERVICE_HEAD "replies = maybe\n" SERVER "}\n",
		"f:3: replies: found \"maybe\", expected unseen or seen"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nspi-label = \"0x10/0x0f\"\n}\n}\n",
		"f:5: spi-label: found \"0x10/0x0f\", expected VALUE/MASK, two numbers of "
		"up to 64 bits, no bit of VALUE outside of MASK"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nspi-range = \"1-5\"\n}\n}\n",
		"f:5: spi-range: found \"1-5\", expected FIRST-LAST, two numbers from "
		"0x100 to 0xffffffff"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nspi-label = \"0x10/0xf0\"\n}\n"
		      "server b {\naddress = 10.0.0.2\nspi-label = \"0x010/0xff0\"\n}\n}\n",
		"f:9: spi-label: found 0x10/0xff0, which an SPI of server a can have too, "
		"expected one that differs from 0x10/0xf0"},
	{SERVICE_HEAD "server a {\naddress = 10.0.0.1\nspi-range = \"0x100-0x1ff\"\n}\n"
		      "server b {\naddress = 10.0.0.2\nspi-range = \"0x1ff-0x300\"\n}\n}\n",
		"f:9: spi-range: found 0x1ff-0x300, which overlaps that of server a, "
		"expected none of 0x100-0x1ff"},
	{SERVICE_HEAD "also = {\"tcp/443\", \"tcp\"}\n" SERVER "}\n",
		"f:3: also: found \"tcp\", expected tcp/PORT, udp/PORT (neither 500 nor "
		"4500), sctp/PORT, icmp, gre or mark/NUMBER"},
	{SERVICE_HEAD "also = \"udp/500\"\n" SERVER "}\n",
		"f:3: also: found \"udp/500\", expected tcp/PORT, udp/PORT (neither 500 nor "
		"4500), sctp/PORT, icmp, gre or mark/NUMBER"},
	{SERVICE_HEAD "also = \"icmp\"\n" SERVER "}\n",
		"f:3: also: found without persistence in service vpn, expected "
		"persistence = SECONDS too"},
	{SERVICE_HEAD "persistence = 1\nalso = \"mark/0x10000\"\n" SERVER "}\n",
		"f:4: also: found mark/0x10000, expected no bit of mark-mask 0xff0000"},
	{SERVICE_HEAD "persistence = 1\nalso = \"mark/5\"\n" SERVER "}\n"
		"service two {\naddress = 192.0.2.9\npersistence = 1\nalso = \"mark/5\"\n"
		SERVER "}\n",
		"f:10: also: found mark/0x5, which service vpn has already, expected "
		"another mark"},
	{"fast-path = on\n" SERVICE_HEAD SERVER "}\n",
		"f:1: fast-path: found \"on\", expected auto, bpf, nft or off"},
	{"interfaces = {eth0, \"a-name-too-long-\"}\n" SERVICE_HEAD SERVER "}\n",
		"f:1: interfaces: found \"a-name-too-long-\", expected names of 1 to 15 "
		"characters without / and :"},
	{"interfaces = \"..\"\n" SERVICE_HEAD SERVER "}\n",
		"f:1: interfaces: found \"..\", expected names of 1 to 15 "
		"characters without / and :"},
	{SERVICE_HEAD "ah = on\n" SERVER "}\n",
		"f:3: ah: found \"on\", expected yes or no"},
	{SERVICE_HEAD "server a {\nmethod = local\naddress = 10.0.0.1\n}\n}\n",
		"f:5: server a: found an address, expected none for method local, which "
		"is the director itself"},
	{SERVICE_HEAD "method = local\nserver a {\naddress = \"2001:db8::2\"\n}\n}\n",
		"f:5: server a: found an address, expected none for method local, which "
		"is the director itself"},
	{SERVICE_HEAD SERVER "server a { method = local }\nserver b {\nmethod = local\n"
			     "}\n}\n",
		"f:6: server b: found method local, which server a has already, expected "
		"it once in service vpn"},
	{SERVICE_HEAD "method = local\nserver a { }\nserver b {\n}\n}\n",
		"f:5: server b: found method local, which server a has already, expected "
		"it once in service vpn"},
	{SERVICE_HEAD "method = local\nserver b { }\nserver a { method = direct }\n}\n",
		"f:5: server a: found no address, expected one for method direct"},
	{SERVICE_HEAD "server a { weight = 65536 }\n}\n",
		"f:3: weight: found \"65536\", expected a number from 0 to 65535"},
	{"service \"a b\" {\naddress = 192.0.2.1\n" SERVER "}\n",
		"f:1: service name: found \"a b\", expected 1 to 31 of the characters "
		"A-Z a-z "
		"0-9 . _ -"},
	{SERVICE_HEAD
		"server 12345678901234567890123456789012 {\naddress = 10.0.0.1 }\n}\n",
		"f:3: server name: found \"12345678901234567890123456789012\", expected "
		"1 to "
		"31 of the characters A-Z a-z 0-9 . _ -"},
	/* addresses */
	{"service vpn {\naddress = {192.0.2.1,\n192.0.2.256}\n" SERVER "}\n",
		"f:3: address: found \"192.0.2.256\", expected an IPv4 or IPv6 address"},
	{"service vpn {\naddress = vpn.example.org\n" SERVER "}\n",
		"f:2: address: found \"vpn.example.org\", expected an IPv4 or IPv6 "
		"address"},
	{"service vpn {\naddress = 224.0.0.1\n" SERVER "}\n",
		"f:2: address: found \"224.0.0.1\", expected a routable unicast address"},
	{"service vpn {\naddress = 127.0.0.1\n" SERVER "}\n",
		"f:2: address: found \"127.0.0.1\", expected a routable unicast address"},
	{"service vpn {\naddress = \"fe80::1\"\n" SERVER "}\n",
		"f:2: address: found \"fe80::1\", expected a routable unicast address"},
	{"service vpn {\naddress = \"::ffff:192.0.2.1\"\n" SERVER "}\n",
		"f:2: address: found \"::ffff:192.0.2.1\", expected a routable unicast "
		"address"},
	{"service vpn {\n" SERVER "}\n",
		"f:1: service vpn: found no address, expected at least one"},
	{"\n" SERVICE_HEAD "}\n",
		"f:2: service vpn: found no server, expected at least one"},
	{SERVICE_HEAD SERVER "\n\nserver a { }\n}\n",
		"f:6: server a: found no address, expected one for method direct"},
	{SERVICE_HEAD "server a { address = {10.0.0.1,\n10.0.0.2} }\n}\n",
		"f:4: address: found \"10.0.0.2\", expected at most one IPv4 address in "
		"a "
		"server"},
	{SERVICE_HEAD "server a { address = {\"2001:db8::1\",\n\"2001:db8::2\"} }\n}\n",
		"f:4: address: found \"2001:db8::2\", expected at most one IPv6 address "
		"in a "
		"server"},
	{"service vpn {\naddress = {192.0.2.1, 192.0.2.2,\n192.0.2.1}\n" SERVER "}\n",
		"f:3: address: found 192.0.2.1, which service vpn has already, expected "
		"each "
		"address once"},
	{GOOD "service two {\naddress = {192.0.2.2, 192.0.2.1}\n" SERVER "}\n",
		"f:6: address: found 192.0.2.1, which service vpn has already, expected "
		"each "
		"address once"},
	{SERVICE_HEAD SERVER "server b {\naddress = 10.2.0.11 }\n}\n",
		"f:5: address: found 10.2.0.11, which server gw1 has already, expected "
		"another "
		"address"},
	{SERVICE_HEAD "server a {\naddress = 192.0.2.1 }\n}\n",
		"f:4: address: found 192.0.2.1, the virtual address of service vpn, "
		"expected "
		"the server's own address"},
	{SERVICE_HEAD SERVER "server b {\naddress = \"2001:db8::1\" }\n}\n",
		"f:4: server b: found no address of a family that service vpn has, "
		"expected "
		"one for method direct"},
	{"service vpn {\naddress = {192.0.2.1,\n\"2001:db8::1\"}\n" SERVER "}\n",
		"f:3: address: found 2001:db8::1 but no server with an IPv6 address, "
		"expected "
		"at least one in service vpn"},
	/* marks and tables */
	{"mark-mask = 0xf0f000\n" GOOD,
		"f:1: mark-mask: found 0xf0f000, expected bits that are neighbours"},
	{"\nmark-base = 0x1\n" GOOD, "f:2: mark-base: found 0x1, expected no bits "
				     "outside of mark-mask 0xff0000"},
	{"mark-base = 0x30000\nmark-mask = 0x30000\n" SERVICE_HEAD SERVER
	 "server b { address = 10.2.0.12 }\n}\n",
		"f:2: mark-mask: found room for 1 servers from mark-base on, expected "
		"room "
		"for 2"},
	{"table-base = 0\n" GOOD,
		"f:1: table-base: found \"0\", expected a number from 0x1 to 0xffffffff"},
	{"table-base = 254\n" GOOD,
		"f:1: table-base: found tables 254 to 254, expected none of 253 to 255 "
		"(default, main, local)"},
	{"table-base = 252\n" SERVICE_HEAD SERVER "server b { address = 10.2.0.12 }\n}\n",
		"f:1: table-base: found tables 252 to 253, expected none of 253 to 255 "
		"(default, main, local)"},
	{"table-base = 0xffffffff\n" SERVICE_HEAD SERVER
	 "server b { address = 10.2.0.12 }\n}\n",
		"f:1: table-base: found 4294967295, expected room for 2 tables from "
		"there on"},
};

/** Each mistake is refused, with nothing half done, and said as it should be. */
START_TEST(mistake_is_named)
{
	const struct mistake *mistake = &mistakes[_i];
	static struct config_errors errors;
	struct config *config = NULL;

	ck_assert_int_eq(
		config_file_parse("f", mistake->text, &config, &errors), -EINVAL);
	ck_assert_ptr_null(config);
	ck_assert_uint_ge(errors.count, 1);
	ck_assert_str_eq(errors.list[0].text, mistake->error);
}
END_TEST

/** A key that is not there is answered with all that could stand there. */
START_TEST(keys_are_offered)
{
	static const char *const texts[] = { "no-key = 1\n" GOOD,
		SERVICE_HEAD "no-key = 1\n" SERVER "}\n",
		SERVICE_HEAD "server a { no-key = 1 }\n}\n" };
	static const char *const inner[] = { " service", " server", "" };
	static struct config_errors errors;
	struct config *config = NULL;
	char expected[1024];
	const struct config_key *key;

	ck_assert_int_eq(config_file_parse("f", texts[_i], &config, &errors), -EINVAL);
	snprintf(expected, sizeof(expected),
		"f:%d: no such option 'no-key', expected one of:", _i == 0 ? 1 : 3);
	for (size_t i = 0; (key = config_schema_at(i)) != NULL; i++) {
		size_t used = strlen(expected);

		if (key->section == (enum config_section)_i)
			snprintf(expected + used, sizeof(expected) - used, " %s", key->name);
	}
	strcat(expected, inner[_i]);
	ck_assert_str_eq(errors.list[0].text, expected);
}
END_TEST

/** Parses text that must be good. */
static struct config *parse_good(const char *text)
{
	static struct config_errors errors;
	struct config *config = NULL;
	int rc = config_file_parse("f", text, &config, &errors);

	ck_assert_msg(
		rc == 0, "%s", errors.count ? errors.list[0].text : "no error named");
	ck_assert_uint_eq(errors.count, 0);
	return config;
}

/** The shortest good file has config_defaults' values, and those of the manual. */
START_TEST(defaults_are_one)
{
	struct config *config = parse_good(GOOD);
	struct config defaults;

	config_defaults(&defaults);
	ck_assert_str_eq(config->socket_path, defaults.socket_path);
	ck_assert_str_eq(config->socket_group, "");
	ck_assert_uint_eq(config->mark_base, defaults.mark_base);
	ck_assert_uint_eq(config->mark_mask, defaults.mark_mask);
	ck_assert_uint_eq(config->table_base, defaults.table_base);
	ck_assert_uint_eq(config->rule_priority, defaults.rule_priority);
	ck_assert_uint_eq(config->queue, defaults.queue);
	ck_assert_uint_eq(config->queue_length, defaults.queue_length);
	ck_assert_uint_eq(config->socket_buffer_bytes, defaults.socket_buffer_bytes);
	ck_assert_uint_eq(config->max_entries, defaults.max_entries);
	ck_assert_uint_eq(
		config->max_entries_per_client, defaults.max_entries_per_client);
	ck_assert_uint_eq(config->unreachable_rate, defaults.unreachable_rate);
	ck_assert_uint_eq(config->unreachable_burst, defaults.unreachable_burst);
	ck_assert_int_eq(config->ruleset, defaults.ruleset);
	ck_assert_ptr_eq(config->services[0].scheduler, &scheduler_wlc);
	ck_assert_uint_eq(config->services[0].timeout_initial_ms, 30000);
	ck_assert_uint_eq(config->services[0].timeout_established_ms, 18000000);
	ck_assert_uint_eq(config->services[0].soft_entries, 0);
	ck_assert_uint_eq(config->services[0].servers[0].weight, 1);
	ck_assert_int_eq(config->services[0].servers[0].method, METHOD_DIRECT);
	ck_assert(!config->services[0].servers[0].replies_seen);
	ck_assert_int_eq(
		config->services[0].servers[0].encapsulation, ENCAPSULATION_IPIP);
	ck_assert_uint_eq(config->services[0].servers[0].gue_port, 6080);
	ck_assert(config->services[0].ah);
	config_free(config);
}
END_TEST

static const char full[] =
	"socket = \"/tmp/a.sock\"\n"
	"socket-group = vpn-admins\n"
	"state-file = \"/tmp/a.state\"\nstate-interval = 0\n"
	"mark-base = 0xf0000000\nmark-mask = 0xff000000\n"
	"table-base = 4294967290\nrule-priority = 32000\n"
	"queue = 65535\nqueue-length = 16\nsocket-buffer-bytes = 65536\n"
	"max-entries = 16777216\nmax-entries-per-client = 1\n"
	"unreachable-rate = 0\nunreachable-burst = 1\nruleset = external\n"
	"fast-path = nft\ninterfaces = {eth0, \"an-iface.nam_15\"}\n"
	"service one {\n"
	"  address = {\"192.0.2.1\", \"2001:db8::1\"}\n"
	"  scheduler = rr\n  timeout-initial = 3600\n  timeout-established = 2592000\n"
	"  soft-entries = 7\n"
	"  server a { address = {10.0.0.1, \"2001:db8:1::1\"} weight = 0 method = direct "
	"}\n"
	"  server b { address = 10.0.0.2 weight = 65535 }\n"
	"}\n"
	"service two {\n"
	"  address = 192.0.2.2\n"
	"  scheduler = wrr\n  ah = no\n"
	"  server a { address = 10.0.0.1 }\n"
	"}\n";

/** Every key of a full file reaches its field. */
START_TEST(every_key_is_stored)
{
	struct config *config = parse_good(full);
	const struct config_service *one = &config->services[0];

	ck_assert_str_eq(config->socket_path, "/tmp/a.sock");
	ck_assert_str_eq(config->socket_group, "vpn-admins");
	ck_assert_str_eq(config->state_file, "/tmp/a.state");
	ck_assert_uint_eq(config->state_interval_ms, 0);
	ck_assert_uint_eq(config->mark_base, 0xf0000000u);
	ck_assert_uint_eq(config->mark_mask, 0xff000000u);
	ck_assert_uint_eq(config->table_base, 4294967290u);
	ck_assert_uint_eq(config->rule_priority, 32000);
	ck_assert_uint_eq(config->queue, 65535);
	ck_assert_uint_eq(config->queue_length, 16);
	ck_assert_uint_eq(config->socket_buffer_bytes, 65536);
	ck_assert_uint_eq(config->max_entries, 16777216);
	ck_assert_uint_eq(config->max_entries_per_client, 1);
	ck_assert_uint_eq(config->unreachable_rate, 0);
	ck_assert_uint_eq(config->unreachable_burst, 1);
	ck_assert_int_eq(config->ruleset, RULESET_EXTERNAL);
	ck_assert_int_eq(config->fast_path, FAST_PATH_NFT);
	ck_assert_uint_eq(config->interface_count, 2);
	ck_assert_str_eq(config->interfaces[0], "eth0");
	ck_assert_str_eq(config->interfaces[1], "an-iface.nam_15");
	ck_assert_uint_eq(config->service_count, 2);
	ck_assert_uint_eq(config->server_count, 3);
	ck_assert_uint_eq(one->address_count, 2);
	ck_assert_ptr_eq(one->scheduler, &scheduler_rr);
	ck_assert_uint_eq(one->timeout_initial_ms, 3600000);
	ck_assert_uint_eq(one->timeout_established_ms, 2592000000u);
	ck_assert_uint_eq(one->soft_entries, 7);
	ck_assert_uint_eq(one->servers[0].weight, 0);
	ck_assert_uint_eq(one->servers[1].weight, 65535);
	ck_assert_str_eq(config->services[1].servers[0].name, "a");
	ck_assert_uint_eq(config->services[1].servers[0].index, 2);
	ck_assert(!config->services[1].ah);
	ck_assert_uint_eq(one->servers[1].address_v4.family, AF_INET);
	ck_assert_uint_eq(one->servers[1].address_v6.family, 0);
	ck_assert_uint_eq(config_server_mark(config, &one->servers[1]), 0xf1000000u);
	config_free(config);
}
END_TEST

/** A local server needs no address, serves both families, and may be in each service. */
START_TEST(local_server_needs_nothing)
{
	struct config *config = parse_good(
		"service one {\naddress = {192.0.2.1, \"2001:db8::1\"}\n"
		"server gw1 { address = 10.2.0.11 }\n"
		"server here { method = local weight = 3 }\n}\n"
		"service two {\naddress = \"2001:db8::2\"\nmethod = local\n"
		"server here { }\n"
		"server gw2 { method = direct address = \"2001:db8:2::12\" }\n}\n");
	const struct config_server *here = &config->services[0].servers[1];

	ck_assert_int_eq(here->method, METHOD_LOCAL);
	ck_assert_uint_eq(here->weight, 3);
	ck_assert_uint_eq(here->address_v4.family + here->address_v6.family, 0);
	ck_assert_uint_eq(config_server_mark(config, here), 0x20000);
	ck_assert_uint_eq(config_server_table(config, here), 255);
	ck_assert_int_eq(config->services[1].servers[0].method, METHOD_LOCAL);
	ck_assert_int_eq(config->services[1].servers[1].method, METHOD_DIRECT);
	ck_assert_uint_eq(
		config_server_table(config, &config->services[1].servers[1]), 9003);
	config_free(config);
}
END_TEST

/** Servers have their service's method and replies, or their own; those of method nat are
 *  always seen. */
START_TEST(servers_inherit)
{
	struct config *config = parse_good(
		"service one {\naddress = 192.0.2.1\nmethod = nat\n"
		"server a { address = 10.0.0.1 }\n"
		"server b { address = 10.0.0.2 method = direct }\n"
		"server c { address = 10.0.0.3 method = tunnel replies = seen }\n}\n"
		"service two {\naddress = 192.0.2.2\nreplies = seen\n"
		"server a { address = 10.0.0.1 }\n"
		"server b { address = 10.0.0.2 replies = unseen }\n"
		"server c { method = local }\n}\n");
	const struct config_server *one = config->services[0].servers;
	const struct config_server *two = config->services[1].servers;

	ck_assert_int_eq(one[0].method, METHOD_NAT);
	ck_assert_int_eq(one[1].method, METHOD_DIRECT);
	ck_assert_int_eq(one[2].method, METHOD_TUNNEL);
	ck_assert(one[0].replies_seen && !one[1].replies_seen && one[2].replies_seen);
	ck_assert_int_eq(two[0].method, METHOD_DIRECT);
	ck_assert(two[0].replies_seen && !two[1].replies_seen && two[2].replies_seen);
	config_free(config);
}
END_TEST

/** So do they with what concerns tunnels, and a tunnel's two ends need no family in
 *  common with the clients. */
START_TEST(tunnels_inherit)
{
	struct config *config = parse_good(
		"service one {\naddress = {192.0.2.1, \"2001:db8::1\"}\nmethod = tunnel\n"
		"encapsulation = gue\ngue-port = 7000\n"
		"server a { address = 10.0.0.1 }\n"
		"server b { address = 10.0.0.2 gue-port = 7001 }\n"
		"server c { address = \"2001:db8:2::3\" encapsulation = ipip }\n}\n"
		"service two {\naddress = 192.0.2.2\nmethod = tunnel\n"
		"server c { address = \"2001:db8:2::3\" }\n}\n");
	const struct config_server *one = config->services[0].servers;

	ck_assert_int_eq(one[0].encapsulation, ENCAPSULATION_GUE);
	ck_assert_uint_eq(one[0].gue_port, 7000);
	ck_assert_uint_eq(one[1].gue_port, 7001);
	ck_assert_int_eq(one[2].encapsulation, ENCAPSULATION_IPIP);
	ck_assert_ptr_eq(config_server_address(&one[0], AF_INET), &one[0].address_v4);
	ck_assert_ptr_eq(config_server_address(&one[0], AF_INET6), &one[0].address_v4);
	ck_assert_ptr_eq(config_server_address(&one[2], AF_INET), &one[2].address_v6);
	config_free(config);
}
END_TEST

/** Servers have the limits and the peer of their service, or their own; a challenge is
 *  switched off, with a warning, where one of them would not have it. */
START_TEST(defences_inherit)
{
	static struct config_errors errors;
	struct config *config = NULL;
	const struct config_service *service;
	int rc = config_file_parse("f",
		"max-memory = 100000000\ndropentry = on\ndropentry-low = 10\n"
		"dropentry-high = 20\ndroppacket = auto\ndroppacket-one-in = 7\n"
		"challenge-rate = 8\nanswers-per-source = 9\nfirst-messages = 2000\n"
		"service one {\naddress = 192.0.2.1\nnew-rate = 5\nhalf-open = 6\n"
		"initial = stateless\ngreylist = on\ngreylist-window = 4\n"
		"challenge = on\nflood-rate = 3\n"
		"server a { address = 10.0.0.1 half-open = 0 }\n"
		"server b { address = 10.0.0.2 new-rate = 2 peer = libreswan }\n}\n"
		"service two {\naddress = 192.0.2.2\nchallenge = auto\n"
		"server a { address = 10.0.0.1 }\n}\n",
		&config, &errors);

	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(config->max_memory_bytes, 100000000);
	ck_assert_int_eq(config->drop_entry, SWITCH_ON);
	ck_assert_uint_eq(config->drop_entry_low, 10);
	ck_assert_uint_eq(config->drop_entry_high, 20);
	ck_assert_int_eq(config->drop_packet, SWITCH_AUTO);
	ck_assert_uint_eq(config->drop_packet_one_in, 7);
	ck_assert_uint_eq(config->challenge_rate, 8);
	ck_assert_uint_eq(config->answers_per_source, 9);
	ck_assert_uint_eq(config->first_messages, 2000);
	service = &config->services[0];
	ck_assert_int_eq(service->initial, INITIAL_STATELESS);
	ck_assert_int_eq(service->greylist, SWITCH_ON);
	ck_assert_uint_eq(service->greylist_window_ms, 4000);
	ck_assert_uint_eq(service->flood_rate, 3);
	ck_assert_uint_eq(service->servers[0].new_rate, 5);
	ck_assert_uint_eq(service->servers[0].half_open, 0);
	ck_assert_uint_eq(service->servers[1].new_rate, 2);
	ck_assert_uint_eq(service->servers[1].half_open, 6);
	ck_assert_int_eq(service->challenge, SWITCH_OFF);
	ck_assert_int_eq(config->services[1].challenge, SWITCH_AUTO);
	ck_assert_uint_eq(errors.warning_count, 1);
	ck_assert_ptr_nonnull(
		strstr(errors.warnings[0].text, "f:17: challenge: off, since server b"));
	config_free(config);
}
END_TEST

/** A limit on memory leaves something for entries: six tables of 512 buckets have 12288 bytes. */
START_TEST(memory_beyond_the_tables)
{
	static const char text[] = "max-memory = %u\nmax-entries = 1000\n"
				   "service one {\naddress = 192.0.2.1\npersistence = 60\n"
				   "learn-spi = yes\nserver a { address = 10.0.0.1 }\n}\n";
	static struct config_errors errors;
	struct config *config = NULL;
	char bytes[256];

	snprintf(bytes, sizeof(bytes), text, 12288);
	ck_assert_int_eq(config_file_parse("f", bytes, &config, &errors), -EINVAL);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_uint_eq(errors.list[0].line, 1);
	ck_assert_str_eq(errors.list[0].text,
		"f:1: max-memory: found 12288, expected more than 12288, which the tables take "
		"for max-entries = 1000");
	snprintf(bytes, sizeof(bytes), text, 12289);
	ck_assert_int_eq(config_file_parse("f", bytes, &config, &errors), 0);
	config_free(config);
}
END_TEST

/** Mistakes are collected, in the order of the file. */
START_TEST(mistakes_are_collected)
{
	static const unsigned int lines[] = { 2, 3, 4, 6 };
	static struct config_errors errors;
	struct config *config = NULL;

	ck_assert_int_eq(config_file_parse("f",
				 "service a {\naddress = x\nscheduler = y\n"
				 "server s { weight = z }\n}\nqueue = q\n",
				 &config, &errors),
		-EINVAL);
	ck_assert_uint_eq(errors.count, 4);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_uint_eq(errors.list[i].line, lines[i]);
}
END_TEST

/** What does not fit into the list of errors is counted, not lost. */
START_TEST(mistakes_are_bounded)
{
	static struct config_errors errors;
	struct config *config = NULL;
	char text[4096] = "service a { address = {";

	for (int i = 0; i < CONFIG_ERRORS + 3; i++)
		strcat(text, "x,");
	strcat(text, "y} }");
	ck_assert_int_eq(config_file_parse("f", text, &config, &errors), -EINVAL);
	ck_assert_uint_eq(errors.count, CONFIG_ERRORS);
	ck_assert_uint_eq(errors.unlisted, 4);
}
END_TEST

/** Writes a file with so many services, each with so many addresses and servers. */
static char *many(int services, int addresses, int servers)
{
	char *text = NULL;
	size_t size_bytes;
	FILE *out = open_memstream(&text, &size_bytes);

	for (int s = 0; s < services; s++) {
		fprintf(out, "service s%d { address = {", s);
		for (int i = 0; i < addresses; i++)
			fprintf(out, "%s192.%d.%d.1", i ? "," : "", s, i);
		fprintf(out, "}\n");
		for (int i = 0; i < servers; i++)
			fprintf(out, "server g%d { address = 10.%d.%d.1 }\n", i, i / 256,
				i % 256);
		fprintf(out, "}\n");
	}
	fclose(out);
	return text;
}

/** Limits are limits: the last that fits is taken, one more is refused. */
START_TEST(limits_are_errors)
{
	static const struct {
		int services, addresses, servers;
		const char *error; /**< NULL: fits */
	} cases[] = {
		{CONFIG_SERVICES, 1, 1, NULL},
		{CONFIG_SERVICES + 1, 1, 1,
			"f:193: found 65 sections service, expected at "
			"most 64"},
		{1, CONFIG_ADDRESSES, 1, NULL},
		{1, CONFIG_ADDRESSES + 1, 1,
			"f:1: address: found more, expected at most 8 "
			"addresses in a service"},
		{1, 1, 255, NULL},
		{1, 1, 256,
			"f:1: mark-mask: found room for 255 servers from mark-base on, "
			"expected room for 256"},
		{1, 1, 257, "f:258: found 257 sections server, expected at most 256"},
		{2, 1, 200, "f: found 400 servers in all services, expected at most 256"},
	};
	static struct config_errors errors;
	struct config *config = NULL;
	char *text = many(cases[_i].services, cases[_i].addresses, cases[_i].servers);
	int rc = config_file_parse("f", text, &config, &errors);

	free(text);
	ck_assert_int_eq(rc, cases[_i].error ? -EINVAL : 0);
	if (cases[_i].error)
		ck_assert_str_eq(errors.list[0].text, cases[_i].error);
	else
		config_free(config);
}
END_TEST

/** A message cannot carry terminal escapes out of a file. */
START_TEST(messages_are_printable)
{
	static struct config_errors errors;
	struct config *config = NULL;

	ck_assert_int_eq(config_file_parse("f", "queue = \"\033[2J\302\233\"\n" GOOD,
				 &config, &errors),
		-EINVAL);
	ck_assert_str_eq(errors.list[0].text,
		"f:1: queue: found \"?[2J??\", expected a number from 0 to 65535");
}
END_TEST

/** Writes size_bytes of a file and loads it. */
static int load(const char *data, size_t size_bytes, struct config_errors *errors,
	struct config **ret_config)
{
	char path[] = "/tmp/ipb-config-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, data, size_bytes), size_bytes);
	close(fd);
	int rc = config_file_load(path, ret_config, errors);

	unlink(path);
	return rc;
}

/** Files are read whole or refused. */
START_TEST(files_are_loaded)
{
	static struct config_errors errors;
	static char large[CONFIG_FILE_BYTES + 1];
	struct config *config = NULL;

	ck_assert_int_eq(load(full, strlen(full), &errors, &config), 0);
	config_free(config);
	ck_assert_int_eq(load("a\0b", 3, &errors, &config), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors.list[0].text, "found a zero byte"));
	memset(large, '\n', sizeof(large));
	ck_assert_int_eq(load(large, sizeof(large), &errors, &config), -EFBIG);
	ck_assert_int_eq(config_file_load("/nonexistent/f", &config, &errors), -ENOENT);
	ck_assert_str_eq(errors.list[0].text,
		"/nonexistent/f: cannot be read: No such file or directory");
}
END_TEST

/** Marks count in the lowest bit of the mask; tables follow each other. */
START_TEST(marks_and_tables)
{
	struct config config;
	struct config_server server = { .index = 0 };

	config_defaults(&config);
	ck_assert_uint_eq(config_server_mark(&config, &server), 0x10000);
	ck_assert_uint_eq(config_server_table(&config, &server), 9000);
	server.index = 254;
	ck_assert_uint_eq(config_server_mark(&config, &server), 0xff0000);
	ck_assert_uint_eq(config_server_table(&config, &server), 9254);
	config.mark_mask = 0x80000000;
	config.mark_base = 0x80000000;
	server.index = 0;
	ck_assert_uint_eq(config_server_mark(&config, &server), 0x80000000u);
	ck_assert_str_eq(config_method_name(METHOD_TUNNEL), "tunnel");
	config_free(NULL);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("config");
	TCase *cases = tcase_create("config_file");

	tcase_add_loop_test(cases, mistake_is_named, 0,
		(int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_loop_test(cases, keys_are_offered, 0, 3);
	tcase_add_test(cases, defaults_are_one);
	tcase_add_test(cases, every_key_is_stored);
	tcase_add_test(cases, local_server_needs_nothing);
	tcase_add_test(cases, servers_inherit);
	tcase_add_test(cases, tunnels_inherit);
	tcase_add_test(cases, defences_inherit);
	tcase_add_test(cases, memory_beyond_the_tables);
	tcase_add_test(cases, mistakes_are_collected);
	tcase_add_test(cases, mistakes_are_bounded);
	tcase_add_loop_test(cases, limits_are_errors, 0, 8);
	tcase_add_test(cases, messages_are_printable);
	tcase_add_test(cases, files_are_loaded);
	tcase_add_test(cases, marks_and_tables);
	suite_add_tcase(suite, cases);
	return unit_run_suite(suite);
}
