/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a command line to calls and from answers to a writer.
 */
#include "ctl/ctl.h"

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/options.h"
#include "ctl/request.h"
#include "ctl/writer.h"

/** One command being carried out. */
struct run {
	const struct options *options;
	const struct command *command;
	struct request *request;
	bool utf8;
	FILE *out;
	FILE *err;
};

/** What to do about a daemon that does not answer. */
static const char *remedy(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "; is ipsec-balancer running, and is this its socket (see "
		       "--socket)?";
	case EACCES:
		return "; root may, and the group that socket-group names in the "
		       "configuration";
	}
	return "";
}

/** Says that the daemon cannot be reached. */
static int say_unreachable(const struct run *run, int error)
{
	fprintf(run->err, "ipsec-balancerctl: daemon not reachable at %s: %s%s\n",
		run->options->socket_path, strerror(-error), remedy(-error));
	return CTL_UNREACHABLE;
}

/** Says that the command line makes no sense. */
static int usage(FILE *err, const char *message)
{
	fprintf(err, "ipsec-balancerctl: %s; see --help\n", message);
	return CTL_USAGE;
}

/** Calls the command's method; says what is wrong if it fails. */
static int call(const struct run *run, struct client *client, json_t *params,
	json_t **ret_result)
{
	struct client_refusal refusal;
	int rc = client_call(client, run->command->method, params, ret_result, &refusal);

	if (rc == 0)
		return CTL_DONE;
	if (rc < 0)
		return say_unreachable(run, rc);
	column_make_safe(refusal.message, false);
	fprintf(run->err, "ipsec-balancerctl: %s (%d)\n", refusal.message, refusal.code);
	return CTL_REFUSED;
}

/** Shows all pages from the one in result on, which it consumes. */
static int show_pages(const struct run *run, struct client *client, struct writer *writer,
	json_t *result)
{
	int status = CTL_DONE;

	while (status == CTL_DONE) {
		json_t *cursor = json_object_get(result, "cursor");

		writer->form->items(writer, json_object_get(result, "items"));
		if (!json_is_integer(cursor))
			break;
		json_t *params = json_copy(run->request->params);

		json_object_set(params, "cursor", cursor);
		json_decref(result);
		result = NULL;
		status = call(run, client, params, &result);
	}
	json_decref(result);
	return status;
}

/** Shows one answer as an item that bears the number of its packet. */
static void show_numbered(const struct run *run, struct writer *writer, json_t *result)
{
	json_t *number = json_integer((json_int_t)run->request->number);
	json_t *items = json_pack("[O]", result);

	json_object_set_new(result, "number", number);
	writer->form->items(writer, items);
	json_decref(items);
}

/** Shows the answers to all calls of the request from the one in result on, which it
 *  consumes. */
static int show_each(const struct run *run, struct client *client, struct writer *writer,
	json_t *result)
{
	int status = CTL_DONE, rc = 1;

	while (rc == 1 && status == CTL_DONE) {
		show_numbered(run, writer, result);
		json_decref(result);
		result = NULL;
		rc = request_next(run->request);
		if (rc == 1)
			status = call(run, client, json_incref(run->request->params),
				&result);
	}
	return rc < 0 ? usage(run->err, run->request->message) : status;
}

/** Shows the answer that began with result, which it consumes. */
static int show(const struct run *run, struct client *client, json_t *result)
{
	struct writer writer = {
		.form = run->options->json ? &writer_json : &writer_text,
		.command = run->command,
		.out = run->out,
		.utf8 = run->utf8,
	};
	enum command_answer answer =
		run->request->each ? ANSWER_EACH : run->command->answer;
	int status = CTL_DONE;

	writer.lists = answer != ANSWER_OBJECT;
	writer.form->begin(&writer);
	switch (answer) {
	case ANSWER_PAGES:
		status = show_pages(run, client, &writer, result);
		break;
	case ANSWER_LIST:
		writer.form->items(&writer, result);
		json_decref(result);
		break;
	case ANSWER_OBJECT:
		writer.form->object(&writer, result);
		json_decref(result);
		break;
	case ANSWER_EACH:
		status = show_each(run, client, &writer, result);
		break;
	}
	/* An array that is not closed tells a program that not everything came. */
	if (status == CTL_DONE)
		writer.form->end(&writer);
	fflush(run->out);
	return status;
}

/** Carries the command out once. */
static int run_once(const struct run *run, bool clear)
{
	struct client client;
	json_t *result = NULL;
	int rc = client_open(&client, run->options->socket_path);

	if (rc < 0)
		return say_unreachable(run, rc);
	int status = call(run, &client, json_incref(run->request->params), &result);

	if (status == CTL_DONE) {
		if (clear)
			fputs("\033[H\033[2J", run->out);
		status = show(run, &client, result);
	}
	client_close(&client);
	return status;
}

/** Carries the command out, again and again with --watch. */
static int run_command(const struct run *run)
{
	bool watch = run->options->watch_s > 0;
	bool clear = watch && !run->options->json && isatty(fileno(run->out));
	int status = run_once(run, clear);

	while (watch && status == CTL_DONE) {
		sleep(run->options->watch_s);
		status = run_once(run, clear);
	}
	return status;
}

/** Finds the command among the words and carries it out. */
static int run_words(struct run *run, int count, char **words)
{
	char message[512];

	if (count < 2)
		return usage(run->err, "expected a command");
	run->command = command_find(words[0], words[1]);
	if (!run->command) {
		snprintf(message, sizeof(message), "no command %.64s %.64s", words[0],
			words[1]);
		return usage(run->err, message);
	}
	if (run->options->watch_s && !run->command->repeats)
		return usage(run->err, "--watch does not go with this command");
	if (!request_make(run->command, count - 2, words + 2, run->request))
		return usage(run->err, run->request->message);
	int status = run_command(run);

	request_free(run->request);
	return status;
}

/** Does what argv says. */
int ctl_run(int argc, char **argv, bool utf8, FILE *out, FILE *err)
{
	struct options options;
	struct request request;
	struct run run = { .options = &options, .request = &request, .utf8 = utf8,
		.out = out, .err = err };

	if (!options_parse(argc, argv, &options, err))
		return CTL_USAGE;
	if (options.help) {
		options_help(out);
		return CTL_DONE;
	}
	if (options.version) {
		fprintf(out, "ipsec-balancerctl %s\n", PACKAGE_VERSION);
		return CTL_DONE;
	}
	return run_words(&run, argc - options.first, argv + options.first);
}
