/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/explain_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/classify.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

static const struct hash_key key = { { 5, 6 } };
const struct rpc_rights explain_reader = { .read = true };
const struct rpc_rights explain_writer = { .read = true, .write = true };

/** Begins with a service of three servers and the given method. */
void explain_begin(struct explain_fixture *fixture, enum config_method method)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->config = test_config(3);
	for (size_t i = 0; i < 3; i++) {
		fixture->config->services[0].servers[i].method = method;
		fixture->config->services[0].servers[i].replies_seen =
			method == METHOD_NAT;
	}
	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &fixture->director), 0);
	fixture->context.director = fixture->director;
	fixture->context.config = fixture->config;
	ck_assert_int_eq(counting_init(&fixture->counting, &key), 0);
	fixture->context.counting = &fixture->counting;
	fixture->now_ms = 10000;
}

/** Frees all. */
void explain_end(struct explain_fixture *fixture)
{
	ck_assert_ptr_null(invariants_broken(fixture->director, fixture->packets));
	json_decref(fixture->answer);
	counting_fini(&fixture->counting);
	director_free(fixture->director);
	config_free(fixture->config);
}

/** Calls method with params, which it consumes; the answer belongs to the fixture. */
json_t *explain_call(struct explain_fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params)
{
	json_t *request = json_pack("{ss si ss so}", "jsonrpc", "2.0", "id", 1, "method",
		method, "params", params);
	char *line = json_dumps(request, 0);
	char *text = rpc_answer(
		&fixture->context, rights, line, strlen(line), fixture->now_ms);

	ck_assert_ptr_nonnull(text);
	json_decref(fixture->answer);
	fixture->answer = json_loads(text, 0, NULL);
	json_decref(request);
	free(line);
	free(text);
	return fixture->answer;
}

/** Calls method; there must be a result. */
json_t *explain_ask(struct explain_fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params)
{
	json_t *answer = explain_call(fixture, rights, method, params);
	json_t *result = json_object_get(answer, "result");

	ck_assert_msg(result != NULL, "%s",
		json_string_value(
			json_object_get(json_object_get(answer, "error"), "message")));
	return result;
}

/** Calls method; it must be refused with code and words in the message. */
void explain_refused(struct explain_fixture *fixture, const char *method,
	json_t *params, int code, const char *words)
{
	const json_t *error = json_object_get(
		explain_call(fixture, &explain_writer, method, params), "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	ck_assert_int_eq(json_integer_value(json_object_get(error, "code")), code);
	ck_assert_msg(message && strstr(message, words), "%s: expected %s", message, words);
}

/** The bytes of a packet in words. */
static void bytes_of(const char *text, struct packet_bytes *ret_bytes)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";

	ck_assert_msg(
		packet_text_build(text, ret_bytes, error) == 0, "%s: %s", text, error);
}

/** The bytes as digits. */
static json_t *digits_of(const struct packet_bytes *bytes)
{
	char digits[2 * IPB_EXPLAIN_BYTES + 1] = "";

	ck_assert_uint_le(bytes->size_bytes, IPB_EXPLAIN_BYTES);
	for (size_t i = 0; i < bytes->size_bytes; i++)
		sprintf(digits + 2 * i, "%02x", bytes->data[i]);
	return json_string(digits);
}

/** Explains a packet in words, as one who may only read; direction may be NULL. */
json_t *explain_packet_text(
	struct explain_fixture *fixture, const char *text, const char *direction)
{
	struct packet_bytes bytes;

	bytes_of(text, &bytes);
	json_t *params = json_pack("{so sI}", "packet", digits_of(&bytes), "wire_bytes",
		(json_int_t)bytes.wire_bytes);

	if (direction)
		json_object_set_new(params, "direction", json_string(direction));
	return explain_ask(fixture, &explain_reader, IPB_EXPLAIN, params);
}

/** Lets a packet in words pass. */
struct decision explain_pass(
	struct explain_fixture *fixture, const char *text, enum packet_direction direction)
{
	struct packet_bytes bytes;
	struct packet packet;
	struct decision decision;

	bytes_of(text, &bytes);
	classify(bytes.data, bytes.size_bytes, bytes.wire_bytes, direction, &packet);
	if (direction == PACKET_TO_CLIENT)
		director_name_sender(fixture->director, &packet);
	decide(fixture->director, &packet, &decision);
	decide_commit(fixture->director, &packet, fixture->now_ms, 100, &decision);
	fixture->packets++;
	return decision;
}

/** Checks a member that is text, or null for NULL. */
void explain_expect_text(const json_t *object, const char *name, const char *expected)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	ck_assert_ptr_nonnull(value);
	ck_assert_msg(expected ? text && strcmp(text, expected) == 0 : json_is_null(value),
		"%s: %s, expected %s", name, text ? text : "none",
		expected ? expected : "none");
}

/** Checks that one of the sentences has these words. */
void explain_expect_step(const json_t *object, const char *words)
{
	const json_t *steps = json_object_get(object, "steps");
	char *all = json_dumps(steps, JSON_INDENT(1));
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (strstr(json_string_value(step), words)) {
			free(all);
			return;
		}
	}
	ck_abort_msg("no step says %s: %s", words, all);
}

/** Makes the director anew. */
void explain_renew(struct explain_fixture *fixture)
{
	director_free(fixture->director);
	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &fixture->director), 0);
	fixture->context.director = fixture->director;
}
