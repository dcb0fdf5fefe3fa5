/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit.set: changes a limit of what is queued, until the daemon ends.
 */
#include <errno.h>
#include <string.h>

#include "core/limit.h"
#include "daemon/rpc_method.h"

const char *const rpc_limit_set_params[] = { "limit", "rate", NULL };

/** Puts it in force. */
static int set(struct rpc_call *call, size_t index, uint32_t rate)
{
	const struct rpc_context *context = call->context;
	uint32_t previous = context->config->limits[index];
	int error = context->set_limit ?
		context->set_limit(index, rate, context->set_limit_user) : -EOPNOTSUPP;

	if (error == -EOPNOTSUPP)
		return rpc_fail(call, IPB_ERROR_FAILED,
			"the nft table is not ours: ruleset is external");
	if (error)
		return rpc_fail(call, IPB_ERROR_FAILED, "the nft table stays as it was: %s",
			strerror(-error));
	return rpc_done(call, json_pack("{ss sI sI}", "limit", limit_name(index), "rate",
				      (json_int_t)rate, "previous", (json_int_t)previous));
}

/** Reads what is wanted. */
int rpc_limit_set(struct rpc_call *call)
{
	const char *name;
	uint64_t rate = UINT64_MAX;
	int code = rpc_text_param(call, "limit", &name);

	if (!code)
		code = rpc_number_param(call, "rate", 0, LIMIT_RATE_MAX, &rate);
	if (code)
		return code;
	if (!name || rate == UINT64_MAX)
		return rpc_fail(call, IPB_ERROR_PARAMS, "expected limit and rate");
	if (limit_find(name) == LIMITS)
		return rpc_fail(call, IPB_ERROR_NOT_FOUND, "no limit %.31s", name);
	return set(call, limit_find(name), (uint32_t)rate);
}
