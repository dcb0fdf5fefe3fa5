/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.save: has the state file written now.
 */
#include <errno.h>
#include <string.h>

#include "daemon/rpc_method.h"

/** Begins to write it; show.stats tells when it is there. */
int rpc_state_save(struct rpc_call *call)
{
	const struct rpc_context *context = call->context;
	int error = context->save ? context->save(context->save_user) : -ENOENT;

	if (error == -ENOENT)
		return rpc_fail(call, IPB_ERROR_FAILED,
			"nothing is saved: state-file is none, or what is there is not ours");
	if (error)
		return rpc_fail(call, IPB_ERROR_FAILED, "%.160s cannot be written: %s",
			context->config->state_file, strerror(-error));
	return rpc_done(call, json_pack("{ss}", "file", context->config->state_file));
}
