/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a value of each kind is judged. A value is stored only if it is good; otherwise the
 * errors get a line with what was found and what was expected.
 */
#pragma once

#include "daemon/config_schema.h"

/** Reads a number between the key's bounds. */
config_read_fn config_read_number;

/** Reads an absolute path that fits the field. */
config_read_fn config_read_path;

/** Reads a path, or "none" for an empty one. */
config_read_fn config_read_path_or_none;

/** Reads a name. */
config_read_fn config_read_name;

/** Reads one of the key's words. */
config_read_fn config_read_choice;

/** Reads a scheduler's name; the ones that exist are asked for, not listed here. */
config_read_fn config_read_scheduler;

/** Reads one kind of other traffic; ICMP is of both families. */
config_read_fn config_read_also;

/** Reads a server's label, VALUE/MASK of 64 bits. */
config_read_fn config_read_label;

/** Reads a server's range of SPIs, FIRST-LAST. */
config_read_fn config_read_spi_range;

/** Reads one virtual address of a service. */
config_read_fn config_read_service_address;

/** Reads one address of a server: at most one a family. */
config_read_fn config_read_server_address;

/** Reads the name of one interface. */
config_read_fn config_read_interface;

/** Tells whether text can be the name of a service or server; adds to errors if not.
 *  what: "service" or "server". */
bool config_read_title(struct config_reader *reader, const char *what, const char *text,
	unsigned int line, char ret_name[static CONFIG_NAME_BYTES]);
