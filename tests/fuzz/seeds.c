/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the corpus of fuzz_classify of the scenario files: their packets as records,
 * their moments as steps of the clock. `make fuzz-seeds` runs it; the result is
 * committed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/packet_text.h"

#define LINE_BYTES 8192
#define PACKET_BYTES_MAX 700 /**< longer ones add nothing but size */

/** The step of the clock that comes nearest: see fuzz_classify.c. */
static uint8_t clock_step(double seconds)
{
	static const double steps[] = { 0, 0.001, 0.01, 0.1, 1, 5, 10, 29.999, 30, 30.001,
		60, 300, 599.999, 600, 600.001, 5000 };
	uint8_t step = 0;

	while (step < 15 && steps[step + 1] <= seconds)
		step++;
	return step;
}

/** Writes one record. */
static void write_record(FILE *out, uint8_t how, const struct packet_bytes *packet)
{
	if (packet->size_bytes > PACKET_BYTES_MAX)
		return;
	if (packet->wire_bytes > packet->size_bytes)
		how |= 0x10;
	fputc(how, out);
	fputc((int)(packet->size_bytes >> 8), out);
	fputc((int)(packet->size_bytes & 0xff), out);
	fwrite(packet->data, 1, packet->size_bytes, out);
}

/** Writes the packet of a line, the first of a flood with 1 for its number. */
static void write_packet(FILE *out, uint8_t how, char *text)
{
	char error[PACKET_TEXT_ERROR_BYTES];
	struct packet_bytes packet;
	char *place;

	while ((place = strstr(text, "{")) != NULL) {
		*place = '1';
		memmove(place + 1, place + 3, strlen(place + 3) + 1);
	}
	if (packet_text_build(text, &packet, error) == 0)
		write_record(out, how, &packet);
	else
		fprintf(stderr, "%s: %s\n", text, error);
}

/** Turns one scenario into one seed. */
static void convert(FILE *in, FILE *out)
{
	char line[LINE_BYTES];
	double now = 0;
	double before = 0;

	while (fgets(line, sizeof(line), in) != NULL) {
		char *text = NULL;

		line[strcspn(line, "#\n")] = '\0';
		if (strncmp(line, "at ", 3) == 0)
			now = strtod(line + 3, NULL);
		else if (strncmp(line, "send ", 5) == 0)
			text = line + 5;
		else if (strncmp(line, "flood ", 6) == 0)
			text = strchr(line + 6, ' ');
		if (text == NULL)
			continue;
		write_packet(out, clock_step(now - before), text);
		before = now;
	}
}

/** Converts one file to the folder; false when it cannot be read or written. */
static int convert_file(const char *path, const char *folder)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char target[4096];
	FILE *in = fopen(path, "r");
	FILE *out;

	snprintf(
		target, sizeof(target), "%s/%.*s", folder, (int)strcspn(name, "."), name);
	out = fopen(target, "wb");
	if (in == NULL || out == NULL) {
		perror(in == NULL ? path : target);
		return 0;
	}
	convert(in, out);
	fclose(in);
	return fclose(out) == 0;
}

/** Converts all files named behind the folder. */
int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s FOLDER FILE.scenario ...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (!convert_file(argv[i], argv[1]))
			return 1;
	}
	return 0;
}
