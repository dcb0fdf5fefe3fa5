/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main of a fuzz target that is not linked with libFuzzer: feeds it the files named, and
 * those of the folders named, once each. Without arguments the target's own corpus, so
 * that `make check` replays what fuzzing found.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_BYTES_MAX (1 << 20)

/** Feeds one file. Returns how many were fed: 1, or 0 with a message. */
static unsigned int feed_file(const char *path)
{
	uint8_t *data = malloc(INPUT_BYTES_MAX);
	FILE *stream = fopen(path, "rb");
	size_t size_bytes;
	uint8_t *exact;

	if (stream == NULL || data == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		free(data);
		return 0;
	}
	size_bytes = fread(data, 1, INPUT_BYTES_MAX, stream);
	fclose(stream);
	exact = realloc(data, size_bytes + (size_bytes == 0));
	LLVMFuzzerTestOneInput(exact, size_bytes);
	free(exact);
	return 1;
}

/** Feeds the files of a folder. Returns how many. */
static unsigned int feed_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *file;
	unsigned int fed = 0;
	char *name;

	if (folder == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 0;
	}
	while ((file = readdir(folder)) != NULL) {
		if (file->d_name[0] == '.')
			continue;
		if (asprintf(&name, "%s/%s", path, file->d_name) == -1)
			abort();
		fed += feed_file(name);
		free(name);
	}
	closedir(folder);
	return fed;
}

/** Feeds a file or a folder. */
static unsigned int feed(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return feed_folder(path);
	return feed_file(path);
}

/** Feeds all arguments, or the corpus; fails where one gave nothing. */
int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	unsigned int fed = 0;
	char *corpus;
	int result = 0;

	if (asprintf(&corpus, "%s/%s", srcdir == NULL ? "." : srcdir, CORPUS) == -1)
		abort();
	for (int i = 1; i < argc || i == 1; i++) {
		unsigned int one = feed(argc > 1 ? argv[i] : corpus);

		fed += one;
		result = one == 0 ? 1 : result;
	}
	free(corpus);
	printf("%u inputs replayed\n", fed);
	return result;
}
