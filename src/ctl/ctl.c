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
#include "ctl/writer.h"

/** One command being carried out. */
struct run {
	const struct options *options;
	const struct command *command;
	const json_t *params;
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
		json_t *params = json_copy((json_t *)run->params);

		json_object_set(params, "cursor", cursor);
		json_decref(result);
		result = NULL;
		status = call(run, client, params, &result);
	}
	json_decref(result);
	return status;
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
	int status = CTL_DONE;

	writer.form->begin(&writer);
	switch (run->command->answer) {
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
	int status =
		call(run, &client, json_copy((json_t *)run->params), &result);

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

/** Says that the command line makes no sense. */
static int usage(FILE *err, const char *message)
{
	fprintf(err, "ipsec-balancerctl: %s; see --help\n", message);
	return CTL_USAGE;
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
		return usage(run->err, "--watch goes with listings and show stats");
	json_t *params = command_params(run->command, count - 2, words + 2, message,
		sizeof(message));

	if (!params)
		return usage(run->err, message);
	run->params = params;
	int status = run_command(run);

	json_decref(params);
	return status;
}

/** Does what argv says. */
int ctl_run(int argc, char **argv, bool utf8, FILE *out, FILE *err)
{
	struct options options;
	struct run run = { .options = &options, .utf8 = utf8, .out = out, .err = err };

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
