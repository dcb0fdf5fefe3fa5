/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tool: what it prints, byte for byte, and how it ends. Answers come from a child
 * process that serves a real director on a real socket.
 */
#include "ctl/ctl.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/handshake.h"
#include "core/scheduler.h"
#include "ctl/command.h"
#include "ctl/writer.h"
#include "daemon/control.h"
#include "tests/unit/unit.h"

#define PAGED_CLIENTS 450

/** What the tool printed and how it ended. */
struct outcome {
	int status;
	char *out;
	char *err;
};

static struct outcome outcome;

/** Forgets the last outcome. */
static void outcome_clear(void)
{
	free(outcome.out);
	free(outcome.err);
	outcome = (struct outcome){ 0 };
}

/** Runs the tool with words, the last of them NULL. */
static void tool(const char *const *words)
{
	char *argv[16] = { "ipsec-balancerctl" };
	size_t out_bytes, err_bytes;
	int argc = 1;

	outcome_clear();
	FILE *out = open_memstream(&outcome.out, &out_bytes);
	FILE *err = open_memstream(&outcome.err, &err_bytes);

	for (; *words; words++)
		argv[argc++] = (char *)*words;
	outcome.status = ctl_run(argc, argv, false, out, err);
	fclose(out);
	fclose(err);
}

#define TOOL(...) tool((const char *const[]){ __VA_ARGS__, NULL })

/** Prints items of a command with a writer, each array a page; the text is the caller's.
 */
static char *write_items(const struct writer_form *form, const char *second, bool utf8,
	const char *const *pages)
{
	char *text;
	size_t text_bytes;
	struct writer writer = {
		.form = form,
		.command = command_find("show", second),
		.utf8 = utf8,
		.lists = true,
		.out = open_memstream(&text, &text_bytes),
	};

	ck_assert_ptr_nonnull(writer.command);
	form->begin(&writer);
	for (; *pages; pages++) {
		json_t *items = json_loads(*pages, 0, NULL);

		ck_assert_ptr_nonnull(items);
		form->items(&writer, items);
		json_decref(items);
	}
	form->end(&writer);
	fclose(writer.out);
	return text;
}

/** Compares what is written with what should be. */
static void expect_items(const struct writer_form *form, const char *second, bool utf8,
	const char *const *pages, const char *expected)
{
	char *text = write_items(form, second, utf8, pages);

	ck_assert_str_eq(text, expected);
	free(text);
}

static const char *const two_entries[] = {
	"[{\"proto\":\"UDP\",\"state\":\"ESTABLISHED\",\"expires_s\":17892,"
	"\"client\":\"203.0.113.7:500\",\"virtual\":\"192.0.2.1:500\",\"server\":\"gw1\","
	"\"service\":\"vpn\",\"method\":\"direct\","
	"\"cookies\":[\"9f3c000000000000:1b77000000000000\"],\"packets\":4},"
	"{\"proto\":\"UDP\",\"state\":\"SOFT\",\"expires_s\":-125,"
	"\"client\":\"203.0.113.8:4500\",\"virtual\":\"192.0.2.1:4500\",\"server\":"
	"\"gw2\","
	"\"service\":\"vpn\",\"method\":\"direct\",\"cookies\":["
	"\"9f3c000000000000:1b77000000000000\",\"aaaa000000000000:0000000000000000\"],"
	"\"packets\":4}]",
	NULL,
};

/** The listing that readers of ipvsadm expect. */
START_TEST(entries_in_columns)
{
	json_t *items = json_loads(two_entries[0], 0, NULL);

	json_array_remove(items, 1);
	char *one = json_dumps(items, 0);

	expect_items(&writer_text, "entries", true, (const char *const[]){ one, NULL },
		"PRO STATE        EXPIRES   CLIENT              VIRTUAL          SERVER  METHOD  "
		"COOKIES\n"
		"UDP ESTABLISHED  04:58:12  203.0.113.7:500     192.0.2.1:500    gw1     direct  "
		"9f3c…:1b77…\n");
	expect_items(&writer_text, "entries", true, two_entries,
		"PRO STATE        EXPIRES    CLIENT              VIRTUAL          SERVER  METHOD  "
		"COOKIES\n"
		"UDP ESTABLISHED  04:58:12   203.0.113.7:500     192.0.2.1:500    gw1     direct  "
		"9f3c…:1b77…\n"
		"UDP SOFT         -00:02:05  203.0.113.8:4500    192.0.2.1:4500   gw2     direct  "
		"aaaa…:- +1\n");
	free(one);
	json_decref(items);
}
END_TEST

/** Without UTF-8 nothing but ASCII is printed. */
START_TEST(entries_in_ascii)
{
	char *text = write_items(&writer_text, "entries", false, two_entries);

	for (const char *byte = text; *byte; byte++)
		ck_assert(*byte == '\n' || (*byte >= 0x20 && *byte < 0x7f));
	ck_assert_ptr_nonnull(strstr(text, " 9f3c..:1b77..\n"));
	ck_assert_ptr_nonnull(strstr(text, " aaaa..:- +1\n"));
	free(text);
}
END_TEST

/** Columns widen for what comes; the header stands once; none of it is an escape. */
START_TEST(columns_adapt)
{
	static const char *const pages[] = {
		"[{\"client\":\"10.0.0.1\",\"service\":\"a\",\"server\":\"\\u001b[2J\","
		"\"entries\":1,\"established\":0}]",
		"[{\"client\":\"2001:db8:1:2:3:4:5:6\",\"service\":\"vpn-long-name\","
		"\"server\":\"g\",\"entries\":12345678,\"established\":1}]",
		NULL,
	};

	expect_items(&writer_text, "clients", true, pages,
		"CLIENT           SERVICE  SERVER  ENTRIES  ESTABLISHED\n"
		"10.0.0.1         a        ?[2J          1            0\n"
		"2001:db8:1:2:3:4:5:6  vpn-long-name  g       12345678            1\n");
}
END_TEST

/** An empty listing has its header, or is an empty array. */
START_TEST(nothing_is_shown)
{
	static const char *const none[] = { "[]", NULL };

	expect_items(&writer_text, "clients", true, none,
		"CLIENT           SERVICE  SERVER  ENTRIES  ESTABLISHED\n");
	expect_items(&writer_json, "clients", true, none, "[]\n");
}
END_TEST

/** Pages become one array. */
START_TEST(pages_become_one_array)
{
	static const char *const pages[] = {
		"[{\"a\":1},{\"b\":2}]", "[]", "[{\"c\":3}]", NULL};

	expect_items(&writer_json, "entries", true, pages,
		"[\n{\"a\":1},\n{\"b\":2},\n{\"c\":3}\n]\n");
}
END_TEST

/** Services and servers in columns. */
START_TEST(services_and_servers_in_columns)
{
	static const char *const services[] = {
		"[{\"service\":\"vpn\",\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"],"
		"\"method\":\"direct\",\"scheduler\":\"wlc\",\"clients\":3,"
		"\"entries\":{\"initial\":1,\"established\":2,\"soft\":0},\"soft_quota\":"
		"10}]",
		NULL,
	};
	static const char *const servers[] = {
		"[{\"service\":\"vpn\",\"server\":\"gw1\",\"addresses\":[\"10.2.0.11\"],"
		"\"method\":\"direct\",\"weight\":2,\"mark\":65536,\"table\":9000,"
		"\"clients\":3,"
		"\"entries_initial\":1,\"entries_established\":2,\"packets\":10,"
		"\"bytes\":2000},"
		"{\"service\":\"vpn\",\"server\":\"here\",\"addresses\":[],"
		"\"method\":\"local\",\"weight\":1,\"mark\":131072,\"table\":255,"
		"\"clients\":1,"
		"\"entries_initial\":0,\"entries_established\":1,\"packets\":5,"
		"\"bytes\":900}]",
		NULL,
	};

	expect_items(&writer_text, "services", false, services,
		"SERVICE  ADDRESSES              METHOD  SCHEDULER  CLIENTS  INITIAL  "
		"ESTABLISHED  SOFT  QUOTA\n"
		"vpn      192.0.2.1,2001:db8::1  direct  wlc              3        1  "
		"          2     0     10\n");
	expect_items(&writer_text, "servers", false, servers,
		"SERVICE  SERVER  ADDRESSES        METHOD  WEIGHT  MARK      TABLE  "
		"CLIENTS  "
		"INITIAL  ESTABLISHED  PACKETS  BYTES\n"
		"vpn      gw1     10.2.0.11        direct       2  0x10000    9000       "
		" 3  "
		"      1            2       10   2000\n"
		"vpn      here    -                local        1  0x20000     255       "
		" 1  "
		"      0            1        5    900\n");
}
END_TEST

/** What makes no sense is told, and is exit status 2, daemon or not. */
START_TEST(usage_is_checked)
{
	static const char *const lines[][6] = {
		{ NULL },
		{ "show" },
		{ "show", "nothing" },
		{ "--bogus" },
		{ "--socket" },
		{ "show", "entries", "colour=red" },
		{ "show", "entries", "service" },
		{ "show", "entries", "service=a", "service=b" },
		{ "show", "entries", "service=\xff" },
		{ "show", "stats", "service=a" },
		{ "--watch=0", "show", "entries" },
		{ "--watch=x", "show", "entries" },
		{ "--watch", "show", "version" },
		{ "server", "set", "a" },
		{ "server", "set", "a", "b" },
		{ "server", "set", "a", "b", "weight=-1" },
		{ "explain" },
		{ "explain", "client" },
		{ "explain", "hex", "zz" },
		{ "explain", "packet", "v2", "init" },
		{ "--watch", "explain", "hex", "45" },
		{ "explain", "pcap", "/nonexistent/file" },
		{ "entry", "delete", "service=vpn" },
	};

	tool(lines[_i]);
	ck_assert_int_eq(outcome.status, CTL_USAGE);
	ck_assert_str_eq(outcome.out, "");
	ck_assert_int_eq(strncmp(outcome.err, "ipsec-balancerctl: ", 19), 0);
	outcome_clear();
}
END_TEST

/** Help names each command. */
START_TEST(help_is_complete)
{
	const struct command *command;
	char words[64];

	TOOL("--help");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
		snprintf(words, sizeof(words), "  %s %s", command->words[0],
			command->words[1]);
		ck_assert_ptr_nonnull(strstr(outcome.out, words));
	}
	outcome_clear();
}
END_TEST

/** Without a daemon: the socket is named, and what to do. */
START_TEST(daemon_is_missing)
{
	TOOL("--socket", "/nonexistent/s", "show", "entries");
	ck_assert_int_eq(outcome.status, CTL_UNREACHABLE);
	ck_assert_str_eq(outcome.err, "ipsec-balancerctl: daemon not reachable at "
				      "/nonexistent/s: No such file or "
				      "directory; is ipsec-balancer running, and is this "
				      "its socket (see --socket)?\n");
	outcome_clear();
}
END_TEST

static char directory[32];
static char path[48];
static pid_t server_pid;

/** A clock that stands. */
static uint64_t now_ms(void)
{
	return 10000;
}

/** Puts clients with an ESTABLISHED entry each into the director. */
static void director_fill(struct director *director)
{
	struct service *service = &director->services[0];
	struct packet packet = {
		.icookie = 0x1111222233334444, .rcookie = 0x5555666677778888};
	struct session_entry *entry;

	for (uint16_t i = 0; i < PAGED_CLIENTS; i++) {
		packet.flow.client = address_v4(
			(const uint8_t[]){10, 0, (uint8_t)(i / 256), (uint8_t)i});
		packet.flow.virtual = service->config->addresses[0];
		packet.flow.client_port = packet.flow.virtual_port = 500;
		if (session_add(&director->sessions, service, &service->servers[0],
			    &packet.flow, 0, &entry) ||
			handshake_note(&director->sessions, entry, &packet))
			_exit(1);
		session_establish(&director->sessions, entry, 0);
	}
}

/** The child: serves a director until it is ended. */
static void serve(int ready_fd)
{
	struct hash_key key = { { 1, 2 } };
	struct config_server server = { .name = "gw1", .weight = 1 };
	struct config_service service = {
		.name = "vpn",
		.scheduler = &scheduler_wlc,
		.timeout_established_ms = 18000000,
		.servers = &server,
		.server_count = 1,
		.address_count = 1,
	};
	struct config config;
	struct rpc_context rpc = { .config = &config };
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct control_settings settings = { path, "", &rpc, now_ms, 0 };
	struct control *control;

	config_defaults(&config);
	service.addresses[0] = address_v4((const uint8_t[]){ 192, 0, 2, 1 });
	server.address_v4 = address_v4((const uint8_t[]){ 10, 2, 0, 11 });
	config.services = &service;
	config.service_count = 1;
	if (director_new(&config, &key, NULL, &rpc.director) ||
		control_new(loop, &settings, &control))
		_exit(1);
	director_fill(rpc.director);
	(void)!write(ready_fd, "r", 1);
	ev_run(loop, 0);
	_exit(1);
}

/** Starts the child and waits until it serves. */
static void server_start(void)
{
	int fds[2];
	char ready;

	strcpy(directory, "/tmp/ipb-ctl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
	ck_assert_int_eq(pipe(fds), 0);
	server_pid = fork();
	ck_assert_int_ne(server_pid, -1);
	if (server_pid == 0)
		serve(fds[1]);
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &ready, 1), 1);
	close(fds[0]);
}

/** Ends the child. */
static void server_stop(void)
{
	kill(server_pid, SIGKILL);
	waitpid(server_pid, NULL, 0);
	unlink(path);
	rmdir(directory);
	outcome_clear();
}

/** Listings of several pages come whole, as JSON and as text. */
START_TEST(pages_are_joined)
{
	server_start();
	TOOL("--socket", path, "--json", "show", "entries");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	json_t *list = json_loads(outcome.out, 0, NULL);

	ck_assert_uint_eq(json_array_size(list), PAGED_CLIENTS);
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(json_array_get(list, 7), "cookies"), 0)),
		"1111222233334444:5555666677778888");
	json_decref(list);
	TOOL("--socket", path, "show", "clients", "client=10.0.1.0/24");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	size_t lines = 0;

	for (const char *at = outcome.out; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, 1 + PAGED_CLIENTS - 256);
	server_stop();
}
END_TEST

/** Every command works against a daemon. */
START_TEST(commands_are_carried_out)
{
	server_start();
	TOOL("--socket", path, "server", "set", "vpn", "gw1", "weight=7");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	ck_assert_str_eq(outcome.out, "service vpn, server gw1: weight 7, was 1\n");
	TOOL("--socket", path, "--json", "show", "servers", "server=gw1");
	ck_assert_ptr_nonnull(strstr(outcome.out, "\"weight\":7"));
	TOOL("--socket", path, "show", "services");
	ck_assert_ptr_nonnull(strstr(outcome.out, "\nvpn "));
	TOOL("--socket", path, "show", "stats");
	ck_assert_ptr_nonnull(
		strstr(outcome.out, "\nentries                         450\n"));
	ck_assert_ptr_nonnull(strstr(outcome.out, "\nspi-zero "));
	TOOL("--socket", path, "show", "ruleset");
	ck_assert_ptr_nonnull(strstr(outcome.out, "192.0.2.1"));
	TOOL("--socket", path, "show", "version");
	ck_assert_ptr_nonnull(strstr(outcome.out, ", control protocol 1\n"));
	server_stop();
}
END_TEST

/** A packet is explained in a few lines or as JSON, status 0 whatever becomes of it. */
START_TEST(packets_are_explained)
{
	server_start();
	TOOL("--socket", path, "explain", "packet", "from=10.0.0.7", "to=192.0.2.1", "esp",
		"spi=c0ffee01");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	ck_assert_str_eq(outcome.out,
		"forward to gw1: slave, ESP or AH of an established client\n"
		"  packet   esp, request, client 10.0.0.7, virtual 192.0.2.1\n"
		"           SPI 0xc0ffee01\n"
		"  service  vpn, method direct, next hop 10.2.0.11, mark 0x10000, table 9000\n"
		"  change   none\n"
		"  because  192.0.2.1 is an address of service vpn\n"
		"           client 10.0.0.7: server gw1, entries 1, ESTABLISHED 1\n");
	TOOL("--socket", path, "--json", "explain", "hex", "45:00");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	ck_assert_ptr_nonnull(strstr(outcome.out, "\"reason\": \"ip-truncated\""));
	TOOL("--socket", path, "explain", "client", "10.0.0.7");
	ck_assert_ptr_nonnull(
		strstr(outcome.out, "\n  ESP: forward to gw1: slave, ESP or AH"));
	server_stop();
}
END_TEST

/** Entries are deleted, and how many is told. */
START_TEST(entries_are_deleted)
{
	server_start();
	TOOL("--socket", path, "entry", "delete", "10.0.0.7:500", "192.0.2.1:500");
	ck_assert_int_eq(outcome.status, CTL_DONE);
	ck_assert_str_eq(outcome.out, "1 entry deleted\n");
	TOOL("--socket", path, "entry", "delete", "10.0.0.7");
	ck_assert_int_eq(outcome.status, CTL_REFUSED);
	TOOL("--socket", path, "entry", "delete", "10.0.0.8", "service=vpn");
	ck_assert_str_eq(outcome.out, "1 entry deleted\n");
	server_stop();
}
END_TEST

/** The daemon's no is told, and is exit status 1. */
START_TEST(refusal_is_told)
{
	server_start();
	TOOL("--socket", path, "show", "entries", "service=nowhere");
	ck_assert_int_eq(outcome.status, CTL_REFUSED);
	ck_assert_str_eq(outcome.out, "");
	ck_assert_str_eq(outcome.err, "ipsec-balancerctl: no service nowhere (-32001)\n");
	server_stop();
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *cases = tcase_create("ctl");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, entries_in_columns);
	tcase_add_test(cases, entries_in_ascii);
	tcase_add_test(cases, columns_adapt);
	tcase_add_test(cases, nothing_is_shown);
	tcase_add_test(cases, pages_become_one_array);
	tcase_add_test(cases, services_and_servers_in_columns);
	tcase_add_loop_test(cases, usage_is_checked, 0, 23);
	tcase_add_test(cases, help_is_complete);
	tcase_add_test(cases, daemon_is_missing);
	tcase_add_test(cases, pages_are_joined);
	tcase_add_test(cases, commands_are_carried_out);
	tcase_add_test(cases, packets_are_explained);
	tcase_add_test(cases, entries_are_deleted);
	tcase_add_test(cases, refusal_is_told);
	suite_add_tcase(suite, cases);
	return unit_run_suite(suite);
}
