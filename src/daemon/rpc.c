/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a request, finds its method, checks what the peer may do, and writes the answer.
 * What a method does is in the other files rpc_*.c.
 */
#include "daemon/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/rpc_method.h"

const char *const rpc_no_params[] = { NULL };

static const struct rpc_method methods[] = {
	{ IPB_SHOW_ENTRIES, false, rpc_entries_params, rpc_show_entries },
	{ IPB_SHOW_CLIENTS, false, rpc_clients_params, rpc_show_clients },
	{ IPB_SHOW_SERVICES, false, rpc_services_params, rpc_show_services },
	{ IPB_SHOW_SERVERS, false, rpc_servers_params, rpc_show_servers },
	{ IPB_SHOW_RATES, false, rpc_servers_params, rpc_show_rates },
	{ IPB_SHOW_COUNTS, false, rpc_counts_params, rpc_show_counts },
	{ IPB_SHOW_STATS, false, rpc_no_params, rpc_show_stats },
	{ IPB_SHOW_RULESET, false, rpc_no_params, rpc_show_ruleset },
	{ IPB_SHOW_VERSION, false, rpc_no_params, rpc_show_version },
	{ IPB_EXPLAIN, false, rpc_explain_params, rpc_explain },
	{ IPB_SERVER_SET, true, rpc_server_set_params, rpc_server_set },
	{ IPB_ENTRY_DELETE, true, rpc_entry_delete_params, rpc_entry_delete },
	{ IPB_LIMIT_SET, true, rpc_limit_set_params, rpc_limit_set },
	{ IPB_COUNT_BEGIN, true, rpc_count_begin_params, rpc_count_begin },
	{ IPB_COUNT_END, true, rpc_count_end_params, rpc_count_end },
	{ IPB_STATE_SAVE, true, rpc_no_params, rpc_state_save },
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

/** The i-th method's name. */
const char *rpc_method_at(size_t index)
{
	return index < METHODS ? methods[index].name : NULL;
}

/** Sets the message and returns code. */
int rpc_fail(struct rpc_call *call, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(call->message, sizeof(call->message), format, arguments);
	va_end(arguments);
	return code;
}

/** Takes result as the call's. */
int rpc_done(struct rpc_call *call, json_t *result)
{
	if (!result)
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	call->result = result;
	return 0;
}

/** A parameter that must be a string. */
int rpc_text_param(struct rpc_call *call, const char *name, const char **ret_text)
{
	const json_t *value = json_object_get(call->params, name);

	*ret_text = NULL;
	if (!value)
		return 0;
	if (!json_is_string(value))
		return rpc_fail(call, IPB_ERROR_PARAMS, "%s: expected a string", name);
	*ret_text = json_string_value(value);
	return 0;
}

/** A parameter that must be a number from min to max. */
int rpc_number_param(struct rpc_call *call, const char *name, uint64_t min, uint64_t max,
	uint64_t *ret_number)
{
	const json_t *value = json_object_get(call->params, name);
	json_int_t number = json_integer_value(value);

	if (!value)
		return 0;
	if (!json_is_integer(value) || number < 0 || (uint64_t)number < min ||
		(uint64_t)number > max)
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"%s: expected a number from %llu to %llu", name,
			(unsigned long long)min, (unsigned long long)max);
	*ret_number = (uint64_t)number;
	return 0;
}

/** The service of the parameter "service". */
int rpc_service_param(struct rpc_call *call, struct service **ret_service)
{
	const char *name;
	int code = rpc_text_param(call, "service", &name);

	*ret_service = NULL;
	if (code || !name)
		return code;
	*ret_service = director_service(call->context->director, name);
	if (!*ret_service)
		return rpc_fail(call, IPB_ERROR_NOT_FOUND, "no service %.31s", name);
	return 0;
}

/** Addresses as a list of texts. */
json_t *rpc_address_list(const struct address *const *addresses, size_t count)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; list && i < count; i++) {
		json_t *item = json_string(address_format(addresses[i], text));

		if (json_array_append_new(list, item) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/** Refuses a parameter that the method does not take: a filter that is misspelt must not
 *  show everything. */
static int check_param_names(struct rpc_call *call, const struct rpc_method *method)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)call->params, name, value)
	{
		size_t i = 0;

		while (method->params[i] && strcmp(method->params[i], name) != 0)
			i++;
		if (!method->params[i])
			return rpc_fail(call, IPB_ERROR_PARAMS, "%s does not take %.40s",
				method->name, name);
	}
	return 0;
}

/** The method of that name, or NULL. */
static const struct rpc_method *find_method(const char *name)
{
	for (size_t i = 0; i < METHODS; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

/** Calls the method that request names, if it may be. */
static int dispatch(struct rpc_call *call, const json_t *request,
	const struct rpc_rights *rights)
{
	const char *name = json_string_value(json_object_get(request, "method"));
	const struct rpc_method *method = find_method(name);

	if (!rights->read)
		return rpc_fail(call, IPB_ERROR_PERMISSION,
			"only root and the members of socket-group may ask");
	if (!method)
		return rpc_fail(call, IPB_ERROR_METHOD, "no method %.64s", name);
	if (method->needs_write && !rights->write)
		return rpc_fail(call, IPB_ERROR_PERMISSION, "only root may call %s",
			method->name);
	call->params = json_object_get(request, "params");
	if (call->params && !json_is_object(call->params))
		return rpc_fail(call, IPB_ERROR_PARAMS, "params: expected an object");
	int code = check_param_names(call, method);

	return code ? code : method->handler(call);
}

/** Tells whether the object is a request of JSON-RPC 2.0. */
static bool is_request(const json_t *request)
{
	const json_t *id = json_object_get(request, "id");
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));

	return json_is_object(request) && version && strcmp(version, "2.0") == 0 &&
		json_is_string(json_object_get(request, "method")) &&
		(!id || json_is_string(id) || json_is_number(id) || json_is_null(id));
}

/** Writes an answer: consumes result, or tells code and message when it is NULL. */
static char *answer_text(const json_t *id, json_t *result, int code, const char *message)
{
	json_t *answer = json_pack("{s:s, s:O}", "jsonrpc", "2.0", "id",
		id ? id : json_null());
	char *text = NULL;
	int error;

	if (result)
		error = json_object_set_new(answer, "result", result);
	else
		error = json_object_set_new(answer, "error",
			json_pack("{s:i, s:s}", "code", code, "message", message));
	if (error == 0)
		text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(answer);
	return text;
}

/** An error answer without a request. */
char *rpc_error(int code, const char *message)
{
	return answer_text(NULL, NULL, code, message);
}

/** Answers a request. */
static char *request_answer(const struct rpc_context *context,
	const struct rpc_rights *rights, const json_t *request, uint64_t now_ms)
{
	struct rpc_call call = { .context = context, .now_ms = now_ms };
	const json_t *id = json_object_get(request, "id");

	if (!is_request(request))
		return rpc_error(IPB_ERROR_REQUEST,
			"expected one object with jsonrpc \"2.0\" and method");
	int code = dispatch(&call, request, rights);

	if (!id) {
		json_decref(call.result);
		return NULL;
	}
	char *text = answer_text(id, call.result, code, call.message);

	return text ? text : rpc_error(IPB_ERROR_INTERNAL, "out of memory");
}

/** Answers one request line. */
char *rpc_answer(const struct rpc_context *context, const struct rpc_rights *rights,
	const char *line, size_t size_bytes, uint64_t now_ms)
{
	json_error_t error;
	char message[160];
	json_t *request = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES, &error);

	if (!request) {
		snprintf(message, sizeof(message), "no JSON: %.100s", error.text);
		return rpc_error(IPB_ERROR_PARSE, message);
	}
	char *text = request_answer(context, rights, request, now_ms);

	json_decref(request);
	return text;
}
