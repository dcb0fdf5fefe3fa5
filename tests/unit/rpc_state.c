/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.save as the control socket answers it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/rpc.h"
#include "ipsec-balancer/control.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

static const char call[] =
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" IPB_STATE_SAVE "\"}";

/** What saving comes to, and how often it was asked for. */
struct saving {
	int error;
	int count;
};

/** Stands in for the state file. */
static int save(void *user)
{
	struct saving *saving = user;

	saving->count++;
	return saving->error;
}

/** Expects words in the answer to the call. */
static void expect(struct rpc_context *context, bool write, const char *words)
{
	struct rpc_rights rights = { .read = true, .write = write };
	char *answer = rpc_answer(context, &rights, call, strlen(call), 0);

	ck_assert_ptr_nonnull(answer);
	ck_assert_msg(strstr(answer, words) != NULL, "%s", answer);
	free(answer);
}

/** Begun, impossible, forbidden. */
START_TEST(rpc_state_saves)
{
	struct config *config = test_config(1);
	struct saving saving = { 0 };
	struct rpc_context context = {
		.config = config,
		.save = save,
		.save_user = &saving,
	};

	strcpy(config->state_file, "/tmp/some.state");
	expect(&context, true, "\"file\":\"/tmp/some.state\"");
	expect(&context, false, "only root may call state.save");
	ck_assert_int_eq(saving.count, 1);
	saving.error = -EROFS;
	expect(&context, true, "/tmp/some.state cannot be written: Read-only file system");
	saving.error = -ENOENT;
	expect(&context, true, "nothing is saved");
	context.save = NULL;
	expect(&context, true, "nothing is saved");
	config_free(config);
}
END_TEST

UNIT_MAIN("rpc_state", rpc_state_saves)
